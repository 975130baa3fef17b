using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>What a cloud does for few: a burst, one at a time, deletions.</summary>
internal sealed class BurstRow : IRow
{
    private const int Vms = 500;
    private const int Warm = 1_500;
    private const int Bursts = 9;

    public string Name => "burst";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        await using var server = await ServerUnderTest.StartAsync(context.Program, hosts: 20);
        // The very first are made while the program is still being compiled; all but them are made by a server that has made some.
        var watch = Stopwatch.StartNew();
        await Load.CreateAsync(server, Vms, Vms, "first");
        await Load.UntilRunningAsync(server, Vms);
        var first = watch.Elapsed.TotalSeconds;
        await Load.CreateAsync(server, Warm, Vms, "warm");
        await Load.UntilRunningAsync(server, Vms + Warm);
        return [await BurstAsync(server, first), await IdleAsync(server, context), await DeleteAsync(server)];
    }

    private static async Task<Finding> BurstAsync(ServerUnderTest server, double first)
    {
        var head = await RawInsert.HeadAsync(server.Postgres);
        var cpu = server.Cpu();
        List<double> seconds = [], accepted = [];
        for (var i = 0; i < Bursts; i++)
        {
            var watch = Stopwatch.StartNew();
            var done = await Load.CreateAsync(server, Vms, Vms, string.Create(CultureInfo.InvariantCulture, $"vm-{i}"));
            await Load.UntilRunningAsync(server, ((i + 2) * Vms) + Warm);
            seconds.Add(watch.Elapsed.TotalSeconds);
            accepted.AddRange(done.Latencies);
        }

        var used = server.Cpu();
        var raw = await RawInsert.MeasureAsync(server.Postgres, head);
        var limit = raw.EventsPerSecond * Vms * Bursts / raw.Events;
        double[] s = [.. seconds.Order()], a = [.. accepted.Order()];
        var took = Load.Quantile(s, 0.5);
        return new("500 concurrent HTTP creates, all Running and queryable", "0.4 s", F($"{took:0.000} s, {Vms / took:0} VM/s"), took < 0.4,
            F($"the middle of {Bursts} bursts, {s[0]:0.000} to {s[^1]:0.000} s; accepted p50 {Load.Quantile(a, 0.5):0} p99 {Load.Quantile(a, 0.99):0} ms; raw insert {limit:0} VM/s, ratio {Vms / took / limit:0.00}; the first 500 of a new server {first:0.000} s"),
            Of(("seconds", took), ("leastSeconds", s[0]), ("mostSeconds", s[^1]), ("firstSeconds", first), ("acceptedP50", Load.Quantile(a, 0.5)), ("acceptedP99", Load.Quantile(a, 0.99)), ("rawVmsPerSecond", limit),
                ("cpuMilliseconds", (used.Server - cpu.Server + used.Postgres - cpu.Postgres).TotalMilliseconds / (Vms * Bursts))));
    }

    private static async Task<Finding> IdleAsync(ServerUnderTest server, BenchContext context)
    {
        var count = context.Size(500, 200);
        using var client = await server.ConnectAsync();
        List<double> accepted = [], running = [];
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var answer = await client.SendAsync("POST", "/v1/vms", Load.CreateVm(string.Create(CultureInfo.InvariantCulture, $"idle-{i}")));
            accepted.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            var vm = JsonElement.Parse(answer.Body).GetProperty("subject").GetString();
            while (JsonElement.Parse((await client.SendAsync("GET", $"/v1/vms/{vm}")).Body) is var row && (!row.TryGetProperty("state", out var state) || state.GetString() is not "Running"))
            {
                // It is looked at all the time.
            }

            running.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        double[] a = [.. accepted.Order()], r = [.. running.Order()];
        var (p99, ready) = (Load.Quantile(a, 0.99), Load.Quantile(r, 0.99));
        return new("one create on an idle system: accepted p99; Running in the list p99", "10 ms; 40 ms", F($"{p99:0.0} ms; {ready:0.0} ms"), p99 < 10 && ready < 40,
            F($"p50 {Load.Quantile(a, 0.5):0.0} and {Load.Quantile(r, 0.5):0.0} ms, max {a[^1]:0.0} and {r[^1]:0.0} ms"),
            Of(("acceptedP50", Load.Quantile(a, 0.5)), ("acceptedP99", p99), ("runningP50", Load.Quantile(r, 0.5)), ("runningP99", ready)));
    }

    private static async Task<Finding> DeleteAsync(ServerUnderTest server)
    {
        using var client = await server.ConnectAsync();
        // The first are told beside it, as with creates: they are deleted while that is being compiled.
        var (first, _) = await OnceAsync();
        var (took, done) = await OnceAsync();
        return new("500 VMs deleted by 100 clients, all gone", "1 s", F($"{took:0.000} s"), took < 1,
            F($"accepted p50 {Load.Quantile(done.Latencies, 0.5):0} p99 {Load.Quantile(done.Latencies, 0.99):0} ms; the first 500 of a new server {first:0.000} s"),
            Of(("seconds", took), ("firstSeconds", first)));

        async Task<(double Seconds, Load.Done Done)> OnceAsync()
        {
            var before = await Load.TotalAsync(client, "/v1/vms?limit=1&total=true");
            var ids = JsonElement.Parse((await client.SendAsync("GET", $"/v1/vms?limit={Vms}")).Body).GetProperty("items").EnumerateArray()
                .Select(v => v.GetProperty("id").GetString()!).ToArray();
            var watch = Stopwatch.StartNew();
            var answered = await Load.RunAsync(server, Vms, 100, i => ("DELETE", $"/v1/vms/{ids[i]}?expunge=true", null));
            await Load.UntilRunningAsync(server, 0);
            while (await Load.TotalAsync(client, "/v1/vms?limit=1&total=true") != before - Vms) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            return (watch.Elapsed.TotalSeconds, answered);
        }
    }
}
