using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>Ten thousand agents in another process, while VMs are created at a steady rate on simulated hosts.</summary>
internal sealed class AgentsRow : IRow
{
    private const int PerSecond = 1_000;

    public string Name => "agents";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        var agents = context.Size(10_000, 2_000);
        var seconds = context.Size(60, 20);
        await using var server = await ServerUnderTest.StartAsync(context.Program, hosts: 300, "--changes", "8000", "--changes-of-one", "8000");
        var secrets = await EnrolAsync(server, agents);
        await Load.CreateAsync(server, 2_000, 500, "warm");
        await Load.UntilRunningAsync(server, 2_000);
        // What the load has left to compile and to collect is no cost of agents.
        await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
        var without = await IdleCpuAsync(server, seconds);
        var file = Path.Combine(Path.GetTempPath(), F($"iaas-bench-{Environment.ProcessId}-agents"));
        await File.WriteAllLinesAsync(file, secrets);
        using var swarm = Process.Start(new ProcessStartInfo("dotnet", [typeof(AgentsRow).Assembly.Location, "agents", "--server", context.Program, "--url", server.Agents.ToString(), "--file", file])
        { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            while (await swarm.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("connected", StringComparison.Ordinal))
            {
                // Not all of them are there yet.
            }

            await Task.Delay(TimeSpan.FromSeconds(12), TimeProvider.System);
            var with = await IdleCpuAsync(server, seconds);
            var cpu = server.Cpu().Server;
            var (rate, errors) = await CreateAsync(server, seconds);
            var busy = (server.Cpu().Server - cpu).TotalSeconds / seconds;
            swarm.StandardInput.Close();
            var lost = int.Parse((await swarm.StandardOutput.ReadToEndAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
            var share = with - without;
            return
            [
                new(F($"{agents:N0} agents, a heartbeat each 10 s, while {PerSecond:N0} VM/s are created"), "no lease lost, heartbeats under 15 % of a core",
                    F($"{lost} leases lost, {share:P1} of a core"), lost == 0 && share < 0.15 && errors == 0,
                    F($"created {rate:0} VM/s, {errors} errors; the server alone {without:P1} of a core, with agents {with:P1}, creating too {busy:P0}"),
                    Of(("lost", lost), ("share", share), ("vmsPerSecond", rate), ("agents", agents))),
            ];
        }
        finally
        {
            if (!swarm.HasExited) swarm.Kill();
            File.Delete(file);
        }
    }

    private static async Task<double> IdleCpuAsync(ServerUnderTest server, int seconds)
    {
        var (before, watch) = (server.Cpu().Server, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        return (server.Cpu().Server - before) / watch.Elapsed;
    }

    /// <summary>Each host comes with a token for one use and leaves with a secret.</summary>
    private static async Task<string[]> EnrolAsync(ServerUnderTest server, int count)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.ConnectAsync()));
        var secrets = new string[count];
        var next = -1;
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var token = await AskAsync(client, "/v1/tokens", """{"name":"agent","role":"Agent","clusterId":"cluster-demo-a"}""", "secret");
                var facts = string.Create(CultureInfo.InvariantCulture, $$"""{"token":"{{token}}","hostName":"agent-{{i}}","facts":{"cpus":8,"memory":68719476736,"hypervisor":"none"},"driver":"kvm"}""");
                var body = JsonElement.Parse((await client.SendAsync("POST", "/v1/agents/enroll", facts)).Body);
                secrets[i] = $"{body.GetProperty("hostId").GetString()} {body.GetProperty("secret").GetString()}";
            }
        })));
        foreach (var client in clients) client.Dispose();
        return secrets;
    }

    private static async Task<string> AskAsync(LightClient client, string path, string json, string field)
    {
        var answer = await client.SendAsync("POST", path, json);
        return answer.Status == 201 ? JsonElement.Parse(answer.Body).GetProperty(field).GetString()! : throw new InvalidOperationException($"{path}: {answer.Status}: {answer.Text}");
    }

    /// <summary>At a steady rate, whatever the answers take.</summary>
    private static async Task<(double Rate, int Errors)> CreateAsync(ServerUnderTest server, int seconds)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 400).Select(_ => server.ConnectAsync()));
        var (next, errors, begun) = (-1, 0, Stopwatch.GetTimestamp());
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < PerSecond * seconds)
            {
                if (TimeSpan.FromMilliseconds(i * 1000.0 / PerSecond) - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } rest) await Task.Delay(rest, TimeProvider.System);
                if ((await client.SendAsync("POST", "/v1/vms", Load.CreateVm(string.Create(CultureInfo.InvariantCulture, $"vm-{i}")))).Status != 202) Interlocked.Increment(ref errors);
            }
        })));
        var rate = PerSecond * seconds / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        foreach (var client in clients) client.Dispose();
        return (rate, errors);
    }
}
