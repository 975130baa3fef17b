using System.Diagnostics;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>kill -9 while ten thousand operations wait for their hosts.</summary>
internal sealed class RestartRow : IRow
{
    private const int Vms = 10_000;

    public string Name => "restart";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        var settings = Path.Combine(Path.GetTempPath(), F($"iaas-bench-{Environment.ProcessId}-slow.json"));
        // Longer than it takes to open them all, and to open them again.
        await File.WriteAllTextAsync(settings, """{"simulator":{"faults":{"EnsureRunning":{"delay":"00:00:45"}}}}""");
        try
        {
            await using var server = await ServerUnderTest.StartAsync(context.Program, hosts: 40, "--driver-settings", settings);
            await Load.CreateAsync(server, Vms, 500, "vm");
            var open = (await server.MetricsAsync())["iaas_operations_running"];
            var watch = Stopwatch.StartNew();
            await server.KillAndStartAsync();
            var ready = watch.Elapsed.TotalSeconds;
            while ((await server.MetricsAsync()) is var m && (m["iaas_operations_running"] < open || m["iaas_operations_waiting"] > 0)) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            var resumed = watch.Elapsed.TotalSeconds;
            await Load.UntilRunningAsync(server, Vms);
            return
            [
                new("start after kill -9 with 10,000 open operations, all resumed", "10 s", F($"{resumed:0.0} s"), resumed < 10 && open >= Vms,
                    F($"{open:N0} were open; ready after {ready:0.0} s; all {Vms:N0} VMs ran in the end"), Of(("seconds", resumed), ("ready", ready), ("open", open))),
            ];
        }
        finally
        {
            File.Delete(settings);
        }
    }
}
