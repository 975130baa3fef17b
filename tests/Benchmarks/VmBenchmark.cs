using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Spectre.Console;

namespace IaaS.Benchmarks;

/// <summary>Creates VMs over HTTP on the simulator, from the first request until the last one runs and is in the list.</summary>
internal static class VmBenchmark
{
    private const int HostCpus = 640;

    public static async Task<int> RunAsync(string program, int count, int clients, int warmUp, bool json)
    {
        await using var server = await ServerUnderTest.StartAsync(program, hosts: Math.Max(20, (count + warmUp) * 2 / HostCpus));
        await CreateAsync(server, warmUp, Math.Min(clients, Math.Max(1, warmUp)), "warm");
        await UntilRunningAsync(server, warmUp, watch: null);

        var head = await RawInsert.HeadAsync(server.Postgres);
        var cpu = server.Cpu();
        var peak = 0;
        using var done = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                peak = Math.Max(peak, server.Size().Threads);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        });

        var watch = Stopwatch.StartNew();
        var latencies = await CreateAsync(server, count, clients, "vm");
        var accepted = watch.Elapsed;
        await UntilRunningAsync(server, count + warmUp, watch);
        var running = watch.Elapsed;
        await done.CancelAsync();
        await watching;
        var used = server.Cpu();
        var size = server.Size();
        var pace = await PaceAsync(server, count);
        var raw = await RawInsert.MeasureAsync(server.Postgres, head);

        var result = new Result(
            count, clients, warmUp, accepted.TotalSeconds, running.TotalSeconds, count / running.TotalSeconds,
            Quantile(latencies, 0.5), Quantile(latencies, 0.99), latencies[^1],
            (double)raw.Events / count, (double)raw.Bytes / raw.Events, raw.EventsPerSecond, raw.EventsPerSecond / ((double)raw.Events / count),
            (used.Server - cpu.Server).TotalSeconds, (used.Postgres - cpu.Postgres).TotalSeconds, peak, size.Bytes, pace);
        if (json) Console.WriteLine(JsonSerializer.Serialize(result, Json));
        else Print(result);
        return 0;
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <returns>Milliseconds until each request was accepted, sorted.</returns>
    internal static async Task<double[]> CreateAsync(ServerUnderTest server, int count, int clients, string name)
    {
        var latencies = new ConcurrentBag<double>();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var started = Stopwatch.GetTimestamp();
                using var response = await server.Http.PostAsJsonAsync("v1/vms",
                    new { name = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"), imageId = "image-demo", offeringId = "offering-small", networkIds = new[] { "l3-demo" } });
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                if (response.StatusCode != HttpStatusCode.Accepted)
                    throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            }
        }));
        return [.. latencies.Order()];
    }

    internal static async Task UntilRunningAsync(ServerUnderTest server, int expected, Stopwatch? watch)
    {
        while (true)
        {
            using var answer = await JsonDocument.ParseAsync(await server.Http.GetStreamAsync("v1/vms?state=Running&limit=1&total=true"));
            if (answer.RootElement.TryGetProperty("total", out var total) && total.GetInt64() >= expected) return;
            if (watch?.Elapsed > TimeSpan.FromMinutes(20)) throw new TimeoutException($"{total} of {expected} VMs run after 20 minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>VMs per second for each thousand that came to run, in order.</summary>
    private static async Task<double[]> PaceAsync(ServerUnderTest server, int count)
    {
        if (count < 2_000) return [];
        List<DateTimeOffset> times = [];
        for (string? after = ""; after is not null;)
        {
            using var page = await JsonDocument.ParseAsync(await server.Http.GetStreamAsync($"v1/vms?limit=1000{(after.Length == 0 ? "" : $"&after={Uri.EscapeDataString(after)}")}"));
            times.AddRange(page.RootElement.GetProperty("items").EnumerateArray()
                .Where(v => v.GetProperty("name").GetString()!.StartsWith("vm-", StringComparison.Ordinal)).Select(v => v.GetProperty("updatedAt").GetDateTimeOffset()));
            after = page.RootElement.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        times.Sort();
        return [.. times.Chunk(1_000).Where(c => c.Length == 1_000).Select((c, i) => 1_000 / Math.Max(0.001, (c[^1] - (i == 0 ? c[0] : times[(i * 1_000) - 1])).TotalSeconds))];
    }

    private static double Quantile(double[] sorted, double q) => sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];

    private static void Print(Result r)
    {
        var table = new Table().AddColumns("what", "measured", "beside it").Border(TableBorder.Ascii);
        table.AddRow($"{r.Count} VMs by {r.Clients} clients, all Running and in the list", F($"{r.SecondsToRunning:0.000} s"), F($"{r.VmsPerSecond:0} VM/s"));
        table.AddRow("all accepted (202)", F($"{r.SecondsToAccepted:0.000} s"), F($"p50 {r.AcceptP50:0} ms, p99 {r.AcceptP99:0} ms, max {r.AcceptMax:0} ms"));
        table.AddRow("raw limit: the same events by plain set-based insert", F($"{r.RawEventsPerSecond:0} events/s"), F($"{r.RawVmsPerSecond:0} VM/s; ratio {r.VmsPerSecond / r.RawVmsPerSecond:0.00}"));
        table.AddRow("events", F($"{r.EventsPerVm:0.0} a VM"), F($"{r.BytesPerEvent:0} bytes each"));
        table.AddRow("CPU for 1,000 VMs", F($"{(r.ServerCpu + r.PostgresCpu) * 1000 / r.Count:0.00} s"), F($"server {r.ServerCpu * 1000 / r.Count:0.00} s, PostgreSQL {r.PostgresCpu * 1000 / r.Count:0.00} s"));
        table.AddRow("the server's process", F($"{r.PeakThreads} threads at most"), F($"{r.MemoryBytes / 1048576.0:0} MiB at the end"));
        if (r.Pace.Length > 1) table.AddRow("VM/s, first thousand … last", F($"{r.Pace[0]:0} … {r.Pace[^1]:0}"), string.Join(' ', r.Pace.Select(p => F($"{p:0}"))));
        AnsiConsole.Write(table);
        Console.WriteLine(F($"{Environment.ProcessorCount} CPUs, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}; client and PostgreSQL on the same machine, fsync on; {r.WarmUp} VMs to warm up, not counted."));
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Result(
        int Count, int Clients, int WarmUp, double SecondsToAccepted, double SecondsToRunning, double VmsPerSecond, double AcceptP50, double AcceptP99, double AcceptMax,
        double EventsPerVm, double BytesPerEvent, double RawEventsPerSecond, double RawVmsPerSecond, double ServerCpu, double PostgresCpu, int PeakThreads, long MemoryBytes, double[] Pace);
}
