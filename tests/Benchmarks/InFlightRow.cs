using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>Ten thousand creates at once: more than is taken in, so some are refused and sent again.</summary>
internal sealed class InFlightRow : IRow
{
    private const int Vms = 10_000;

    public string Name => "in-flight";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        await using var server = await ServerUnderTest.StartAsync(context.Program, hosts: 40);
        await Load.CreateAsync(server, 500, 500, "warm");
        await Load.UntilRunningAsync(server, 500);
        using var stop = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            var most = 0;
            while (!stop.IsCancellationRequested)
            {
                most = Math.Max(most, server.Size().Threads);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }

            return most;
        });
        var done = await Load.CreateAsync(server, Vms, Vms, "vm");
        await Load.UntilRunningAsync(server, Vms + 500);
        await stop.CancelAsync();
        var threads = await watching;
        using var client = await server.ConnectAsync();
        var there = await Load.TotalAsync(client, "/v1/vms?state=Running&limit=1&total=true") - 500;
        return
        [
            new("10,000 creates in flight at once", "threads under 64, all answered, none lost", F($"{threads} threads, {done.Latencies.Length:N0} answered, {Vms - there} lost"), threads < 64 && there == Vms,
                F($"{done.Refused:N0} refusals (429) sent again; all accepted in {done.Took.TotalSeconds:0.0} s, p50 {Load.Quantile(done.Latencies, 0.5):0} p99 {Load.Quantile(done.Latencies, 0.99):0} ms with those"),
                Of(("threads", threads), ("lost", Vms - there), ("refused", done.Refused), ("seconds", done.Took.TotalSeconds))),
        ];
    }
}
