using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace IaaS.Soak;

/// <summary>The real program on one data folder and on ports that stay, so that clients find it again after each of its deaths.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string TokenMark = "The administrator's token, printed this once: ";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string[] words;
    private readonly HttpClient health;
    private readonly StreamWriter log;
    private readonly Lock writing = new();
    private readonly ConcurrentDictionary<string, int> complaints = new(StringComparer.Ordinal);
    private Process? process;
    private long launched;
    private volatile string token = "";

    public ServerProcess(string program, Folder folder, int hosts, Random random)
    {
        Url = new Uri($"http://127.0.0.1:{FreePort(random)}");
        words =
        [
            program, "--data", folder.Data, "--url", Url.ToString(), "--agent-url", $"http://127.0.0.1:{FreePort(random)}",
            "--demo", "--demo-hosts", hosts.ToString(CultureInfo.InvariantCulture), "--driver-settings", folder.DriverSettings,
        ];
        health = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        log = new StreamWriter(folder.ServerLog) { AutoFlush = true };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillNow();
    }

    public Uri Url { get; }

    /// <summary>The administrator's; told on the first start.</summary>
    public string Token => token.Length > 0 ? token : throw new SoakFailedException("The server has told no token.");

    /// <summary>Errors and faults that the server has logged, without their details, and how often.</summary>
    public IReadOnlyDictionary<string, int> Complaints => complaints;

    /// <summary>Starts the program and waits for nothing.</summary>
    public void Launch()
    {
        launched = Stopwatch.GetTimestamp();
        var info = new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <returns>How long it took since the launch until the server was ready.</returns>
    public async Task<TimeSpan> UntilReadyAsync()
    {
        while (!await IsReadyAsync())
        {
            if (process!.HasExited) throw new SoakFailedException($"The server ended with {process.ExitCode} while it started.");
            if (Stopwatch.GetElapsedTime(launched) > StartTimeout) throw new SoakFailedException($"The server is not ready after {StartTimeout.TotalSeconds:0} s.");
            await Task.Delay(Pause, TimeProvider.System);
        }

        return Stopwatch.GetElapsedTime(launched);
    }

    /// <returns>True when the server ended by itself meanwhile.</returns>
    public async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken ct)
    {
        try
        {
            await process!.WaitForExitAsync(ct).WaitAsync(time, TimeProvider.System, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return process!.HasExited;
        }
    }

    /// <summary>SIGKILL, of this process alone: the server has no time for anything.</summary>
    public async Task KillAsync()
    {
        Say("killed");
        KillNow();
        await process!.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        KillNow();
        if (process is not null) await process.WaitForExitAsync();
        process?.Dispose();
        process = null;
        health.Dispose();
        lock (writing) log.Dispose();
    }

    /// <summary>Writes a line of our own into the server's log.</summary>
    public void Say(string line)
    {
        lock (writing)
        {
            if (log.BaseStream.CanWrite) log.WriteLine($"== {TimeProvider.System.GetUtcNow():O} {line}");
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await health.GetAsync("/health/ready");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        if (line.StartsWith(TokenMark, StringComparison.Ordinal)) token = line[TokenMark.Length..];
        // "fail: Category[0] What happened."
        if (line.StartsWith("fail: ", StringComparison.Ordinal) || line.StartsWith("crit: ", StringComparison.Ordinal) || line.StartsWith("Unhandled", StringComparison.Ordinal))
            complaints.AddOrUpdate(line.Split(' ') is [_, var category, ..] ? category : line, 1, (_, n) => n + 1);
        lock (writing)
        {
            if (log.BaseStream.CanWrite) log.WriteLine(line);
        }
    }

    private void KillNow()
    {
        if (process is { HasExited: false }) process.Kill();
    }

    /// <summary>Below those that the kernel gives to outgoing connections: nobody takes it while the server is dead.</summary>
    private static int FreePort(Random random)
    {
        while (true)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, random.Next(12_000, 32_000));
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}
