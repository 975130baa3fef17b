using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>Placement alone, at its worst and in the usual case.</summary>
internal sealed class PlacementRow : IRow
{
    private const int Hosts = 100_000;

    public string Name => "placement";

    public Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        var (results, balances) = PlacementBenchmark.Examine(Hosts);
        var index = results.Where(r => r.By is "index").ToList();
        var (usual, worst) = (index[0], index.MaxBy(r => r.Microseconds[1])!);
        var scan = results.First(r => r.By is "scan");
        string Even(string by, int inFlight) => F($"{balances.First(b => b.By == by && b.InFlight == inFlight && b.Hosts == 1_000).Deviation:0.000}");
        var even = balances.First(b => b is { By: "index", InFlight: 1 }).Deviation <= balances.First(b => b is { By: "scan", InFlight: 1 }).Deviation + 0.005;
        return Task.FromResult<IReadOnlyList<Finding>>(
        [
            new(F($"placement decisions with {Hosts:N0} hosts"), "p99 0.5 ms, 5,000/s, as even as scanning all", F($"p99 {usual.Microseconds[1] / 1000:0.000} ms, {usual.PerSecond:0}/s; worst case p99 {worst.Microseconds[1] / 1000:0.000} ms"),
                index.All(r => r.Microseconds[1] < 500 && r.PerSecond > 5_000) && even,
                F($"worst: {worst.Work}, {worst.PerSecond:0}/s; scanning all: p50 {scan.Microseconds[0] / 1000:0.0} ms; deviation of shares at 70 %: index {Even("index", 1)}, scan {Even("scan", 1)}; with 200 in flight {Even("index", 200)} and {Even("scan", 200)}; upkeep {usual.Upkeep:0} us"),
                Of(("p99Milliseconds", usual.Microseconds[1] / 1000), ("perSecond", usual.PerSecond), ("worstP99Milliseconds", worst.Microseconds[1] / 1000))),
        ]);
    }
}
