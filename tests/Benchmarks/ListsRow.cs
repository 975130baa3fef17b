using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>Every list of a cloud of the size of a published run.</summary>
internal sealed class ListsRow : IRow
{
    private const double Aim = 50;

    public string Name => "lists";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        var results = await ListBenchmark.ExamineAsync(context.Program);
        var worst = results.OrderByDescending(r => r.P95).ToList();
        var missed = worst.Count(r => r.P95 > Aim);
        return
        [
            new("25,000 hosts and VMs, 50,000 volumes, 25,000 networks and projects: every list, first page of 500 with its relations", "p95 50 ms", F($"{results.Count - missed} of {results.Count} lists; worst p95 {worst[0].P95:0} ms"), missed == 0,
                F($"p95 of the middle one {worst[worst.Count / 2].P95:0} ms; slowest: {string.Join("; ", worst.Take(3).Select(w => F($"{w.Name} ({w.P95:0} ms)")))}"),
                Of(("lists", results.Count), ("missed", missed), ("worstP95", worst[0].P95))),
        ];
    }
}
