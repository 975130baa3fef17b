using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>So many calls in a second, come what may: a call that is late because others were counts as late.</summary>
internal static class MixedLoad
{
    private const int PerSecond = 1_000;
    private const int Connections = 200;

    public static async Task<Finding> RunAsync(ServerUnderTest server, int vms, BenchContext context)
    {
        var ids = await SomeAsync(server);
        var seconds = context.Size(60, 15);
        await DriveAsync(server, ids, 5, "warm");
        var cpu = server.Cpu();
        var (latencies, errors, byKind) = await DriveAsync(server, ids, seconds, "mixed");
        var used = server.Cpu();
        var p99 = Load.Quantile(latencies, 0.99);
        return new(F($"mixed load at {vms:N0} VMs: {PerSecond:N0} calls/s, 80 % reads"), "p99 50 ms, no error", F($"p99 {p99:0.0} ms, {errors} errors"), p99 < 50 && errors == 0,
            F($"p50 {Load.Quantile(latencies, 0.5):0.0}, max {latencies[^1]:0} ms; p99 by kind: {string.Join(", ", byKind.Select(k => F($"{k.Key} {Load.Quantile(k.Value, 0.99):0.0}")))} ms; server {(used.Server - cpu.Server).TotalSeconds / seconds:0.00}, PostgreSQL {(used.Postgres - cpu.Postgres).TotalSeconds / seconds:0.00} CPUs"),
            Of(("p50", Load.Quantile(latencies, 0.5)), ("p99", p99), ("errors", errors)));
    }

    private static async Task<(double[] Latencies, int Errors, SortedDictionary<string, double[]> ByKind)> DriveAsync(ServerUnderTest server, string[] ids, int seconds, string name)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => server.ConnectAsync()));
        var count = PerSecond * seconds;
        var latencies = new double[count];
        var kinds = new string[count];
        var (next, errors) = (-1, 0);
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var due = TimeSpan.FromMilliseconds(i * 1000.0 / PerSecond);
                if (due - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } rest) await Task.Delay(rest, TimeProvider.System);
                var (kind, method, path, json) = Call(i, ids, name);
                kinds[i] = kind;
                var status = (await client.SendAsync(method, path, json)).Status;
                if (status is < 200 or >= 300) Interlocked.Increment(ref errors);
                latencies[i] = (Stopwatch.GetElapsedTime(begun) - due).TotalMilliseconds;
            }
        })));
        foreach (var client in clients) client.Dispose();
        SortedDictionary<string, double[]> byKind = new(StringComparer.Ordinal);
        foreach (var kind in kinds.Distinct()) byKind[kind] = [.. latencies.Where((_, i) => kinds[i] == kind).Order()];
        Array.Sort(latencies);
        return (latencies, errors, byKind);
    }

    /// <summary>Of ten calls, six look at a VM, two list those of a host, one creates a VM, and one renames one.</summary>
    private static (string Kind, string Method, string Path, string? Json) Call(int i, string[] ids, string name)
    {
        var id = ids[(int)((i * 2_654_435_761L) % ids.Length)];
        var host = string.Create(CultureInfo.InvariantCulture, $"host-demo-{1 + (i % 20):00}");
        return (i % 10) switch
        {
            < 6 => ("get", "GET", $"/v1/vms/{id}", null),
            < 8 => ("list", "GET", $"/v1/vms?hostId={host}&limit=50", null),
            8 => ("create", "POST", "/v1/vms", Load.CreateVm(string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"))),
            _ => ("rename", "PATCH", $"/v1/vms/{id}", string.Create(CultureInfo.InvariantCulture, $$"""{"name":"renamed-{{i}}"}""")),
        };
    }

    private static async Task<string[]> SomeAsync(ServerUnderTest server)
    {
        using var client = await server.ConnectAsync();
        List<string> ids = [];
        var after = "";
        for (var page = 0; page < 20; page++)
        {
            var body = JsonElement.Parse((await client.SendAsync("GET", $"/v1/vms?limit=1000{after}")).Body);
            ids.AddRange(body.GetProperty("items").EnumerateArray().Select(v => v.GetProperty("id").GetString()!));
            if (!body.TryGetProperty("next", out var next) || next.GetString() is not { } cursor) break;
            after = $"&after={Uri.EscapeDataString(cursor)}";
        }

        return [.. ids];
    }
}
