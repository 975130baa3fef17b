using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace IaaS.Benchmarks;

/// <summary>The real server, in a process and a data folder of its own, on free ports.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private static int started;

    private readonly string[] arguments;
    private readonly string folder;
    private readonly string token;
    private Process process;

    private ServerUnderTest(Process process, string[] arguments, string folder, Uri url, Uri agents, string token)
    {
        (this.process, this.arguments, this.folder, Url, Agents, this.token) = (process, arguments, folder, url, agents, token);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = url,
            Timeout = TimeSpan.FromMinutes(5),
        };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Url { get; }

    public HttpClient Http { get; }

    /// <summary>To the server's own PostgreSQL.</summary>
    public string Postgres => $"Host={Path.Combine(folder, "postgres", "socket")};Username=iaas;Database=iaas;Max Auto Prepare=20;Auto Prepare Min Usages=2";

    /// <summary>Where agents dial in.</summary>
    public Uri Agents { get; }

    public Task<LightClient> ConnectAsync() => LightClient.ConnectAsync(Url, token);

    public static async Task<ServerUnderTest> StartAsync(string program, int hosts, params string[] more)
    {
        var data = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"iaas-bench-{Environment.ProcessId}-{++started}"));
        Directory.CreateDirectory(data);
        var (url, agents) = (new Uri($"http://127.0.0.1:{FreePort()}"), new Uri($"http://127.0.0.1:{FreePort()}"));
        string[] words =
        [
            program, "--data", data, "--url", url.ToString(), "--agent-url", agents.ToString(),
            "--demo", "--demo-hosts", hosts.ToString(CultureInfo.InvariantCulture), "--recycle-days", "0", .. more,
        ];
        var launched = Launch(words);
        return new ServerUnderTest(launched, words, data, url, agents, await UntilReadyAsync(launched));
    }

    /// <summary>kill -9, and a new start on the same data. Returns as soon as it is ready.</summary>
    public async Task KillAndStartAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = Launch(arguments);
        await UntilReadyAsync(process);
    }

    /// <summary>The values of <c>/metrics</c>; those with labels under <c>name{label}</c>, summed.</summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync()
    {
        Dictionary<string, double> values = new(StringComparer.Ordinal);
        using var client = await ConnectAsync();
        foreach (var line in (await client.SendAsync("GET", "/metrics")).Text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var parts = line.Split(' ');
            var name = parts[0].Split('{')[0];
            if (double.TryParse(parts.Length > 1 ? parts[1] : "", CultureInfo.InvariantCulture, out var value)) values[name] = values.GetValueOrDefault(name) + value;
        }

        return values;
    }

    private static Process Launch(string[] words) =>
        Process.Start(new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true, UseShellExecute = false })!;

    private static async Task<string> UntilReadyAsync(Process launched)
    {
        var secret = "";
        while (await launched.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf("iaas_", StringComparison.Ordinal);
            if (at >= 0 && secret.Length == 0) secret = line[at..].Split(' ')[0].TrimEnd('\'');
            if (!line.StartsWith("Ctrl-C", StringComparison.Ordinal)) continue;
            // What it says later must not fill the pipe.
            _ = Task.Run(() => launched.StandardOutput.ReadToEndAsync());
            return secret;
        }

        throw new InvalidOperationException($"The server ended with {launched.ExitCode} before it was ready.");
    }

    /// <summary>Threads and resident memory of the server's process now.</summary>
    public (int Threads, long Bytes) Size()
    {
        process.Refresh();
        return (process.Threads.Count, process.WorkingSet64);
    }

    /// <summary>CPU time so far, of the server and of its PostgreSQL.</summary>
    public (TimeSpan Server, TimeSpan Postgres) Cpu()
    {
        process.Refresh();
        var postgres = TimeSpan.Zero;
        var leader = int.Parse(File.ReadLines(Path.Combine(folder, "postgres", "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        foreach (var id in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Select(n => int.TryParse(n, CultureInfo.InvariantCulture, out var id) ? id : 0))
        {
            if (id != 0 && (id == leader || ParentOf(id) == leader)) postgres += CpuOf(id);
        }

        return (process.TotalProcessorTime, postgres);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string[] Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int ParentOf(int id) => Stat(id) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    // Fields 14 and 15 of the line, in ticks of 10 ms; its own and, for the leader, of its children that have ended.
    private static TimeSpan CpuOf(int id) => Stat(id) is { Length: > 14 } s
        ? TimeSpan.FromMilliseconds(10 * (long.Parse(s[11], CultureInfo.InvariantCulture) + long.Parse(s[12], CultureInfo.InvariantCulture)
            + long.Parse(s[13], CultureInfo.InvariantCulture) + long.Parse(s[14], CultureInfo.InvariantCulture)))
        : TimeSpan.Zero;

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
