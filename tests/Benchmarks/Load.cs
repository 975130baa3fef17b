using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace IaaS.Benchmarks;

/// <summary>Many clients at once.</summary>
internal static class Load
{
    /// <param name="Latencies">Milliseconds until each request was accepted, sorted; refusals and the waits for them included.</param>
    /// <param name="Refused">Answers 429: what they were to was sent again.</param>
    public sealed record Done(double[] Latencies, int Refused, TimeSpan Took);

    public static string CreateVm(string name, string extra = "") =>
        $$"""{"name":"{{name}}","imageId":"image-demo","offeringId":"offering-small","networkIds":["l3-demo"]{{extra}}}""";

    /// <summary>Sends so many requests by so many clients, each its next one as soon as it has its answer.</summary>
    public static async Task<Done> RunAsync(ServerUnderTest server, int count, int clients, Func<int, (string Method, string Path, string? Json)> request, int expected = 202)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => server.ConnectAsync()));
        var latencies = new double[count];
        var (next, refused) = (-1, 0);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(connections.Select(client => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var (method, path, json) = request(i);
                var started = Stopwatch.GetTimestamp();
                while (true)
                {
                    var answer = await client.SendAsync(method, path, json);
                    if (answer.Status == expected) break;
                    if (answer.Status != 429) throw new InvalidOperationException($"{method} {path}: {answer.Status}: {answer.Text}");
                    Interlocked.Increment(ref refused);
                    await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                }

                latencies[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        })));
        var took = watch.Elapsed;
        foreach (var client in connections) client.Dispose();
        Array.Sort(latencies);
        return new Done(latencies, refused, took);
    }

    public static Task<Done> CreateAsync(ServerUnderTest server, int count, int clients, string name) =>
        RunAsync(server, count, clients, i => ("POST", "/v1/vms", CreateVm(string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"))));

    /// <summary>Waits until nothing is under way, and then until so many VMs are Running in the list.</summary>
    /// <remarks>What is asked while it waits is answered from an index; all rows are counted once, at the end.</remarks>
    public static async Task UntilRunningAsync(ServerUnderTest server, long expected)
    {
        using var client = await server.ConnectAsync();
        var quiet = Stopwatch.StartNew();
        while (true)
        {
            var under = await CountAsync(client, "/v1/operations?state=Running&limit=1");
            if (under == 0)
            {
                var running = await TotalAsync(client, "/v1/vms?state=Running&limit=1&total=true");
                if (running >= expected) return;
                // Nothing is under way any more, so nothing more will come.
                if (quiet.Elapsed > TimeSpan.FromSeconds(30)) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{running} of {expected} VMs run, and no operation does: some have failed."));
            }
            else
            {
                quiet.Restart();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(under == 0 ? 100 : 10), TimeProvider.System);
        }
    }

    public static async Task<long> TotalAsync(LightClient client, string path)
    {
        using var answer = JsonDocument.Parse((await client.SendAsync("GET", path)).Body);
        return answer.RootElement.GetProperty("total").GetInt64();
    }

    private static async Task<int> CountAsync(LightClient client, string path)
    {
        using var answer = JsonDocument.Parse((await client.SendAsync("GET", path)).Body);
        return answer.RootElement.GetProperty("items").GetArrayLength();
    }

    public static double Quantile(double[] sorted, double q) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];
}
