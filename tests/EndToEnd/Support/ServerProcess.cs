using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>The real program, as a process of its own on a data folder of its own. It can be killed and started again.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string UrlMark = "The control plane is at ";
    private const string TokenMark = "The administrator's token, printed this once: ";
    private const string LastLine = "Ctrl-C stops it.";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string[] arguments;
    private readonly ConcurrentQueue<string> output = new();
    private Process? process;
    private HttpClient? http;
    private string adminToken = "";

    private ServerProcess(string[] arguments)
    {
        // Most tests mean "gone" when they delete; a test of the recycle bin says so.
        this.arguments = arguments.Contains("--recycle-days") ? arguments : [.. arguments, "--recycle-days", "0"];
        // Straight below the folder for temporary files: PostgreSQL's own user must be able to walk there.
        Folder = Directory.CreateTempSubdirectory("iaas-e2e-").FullName;
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillNow();
    }

    public string Folder { get; }

    /// <summary>With the administrator's token.</summary>
    public Client Admin => As(adminToken);

    public string AdminToken => adminToken ?? throw new InvalidOperationException("The server has told no token.");

    /// <summary>Without a token.</summary>
    public Client Anonymous => As(null);

    /// <summary>What the last start has printed.</summary>
    public string Output => string.Join(Environment.NewLine, output);

    public Uri Url => http!.BaseAddress!;

    public Client As(string? token) => new(http!, token);

    public static async Task<ServerProcess> StartAsync(params string[] arguments)
    {
        var server = new ServerProcess(arguments);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the program on the same folder.</summary>
    public async Task StartAgainAsync()
    {
        output.Clear();
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = Folder };
        string[] words = [typeof(Api.Kernel.Server).Assembly.Location, "--data", Folder, "--url", "http://127.0.0.1:0", "--agent-url", "http://127.0.0.1:0", .. arguments];
        foreach (var word in words) info.ArgumentList.Add(word);
        // These servers live for seconds: compiling well what they use often takes more of the processor than it gives, 8 s instead of 5 for a start.
        info.Environment["DOTNET_TC_CallCountingDelayMs"] = "100";
        process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.HoldsAsync("the server says that it runs", () => process.HasExited || output.Contains(LastLine), StartTimeout);
        Assert.False(process.HasExited, $"The server ended at once: {Output}");
        var url = Said(UrlMark)!;
        if (Said(TokenMark) is { } token) adminToken = token;
        http?.Dispose();
        http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(url[..url.IndexOf(' ', StringComparison.Ordinal)]),
            Timeout = TimeSpan.FromMinutes(1),
        };
        await Eventually.GetAsync("the server is ready", () => Anonymous.GetAsync("/health/ready"), r => r.Status == 200, StartTimeout);
    }

    /// <summary>SIGKILL: the server has no time for anything.</summary>
    public async Task KillAsync()
    {
        KillNow();
        await process!.WaitForExitAsync();
        await NothingIsLeftAsync();
    }

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await Eventually.HoldsAsync($"the server ends when asked to. It has said: {Output}", () => process.HasExited);
        await process.WaitForExitAsync();
        await NothingIsLeftAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        try
        {
            if (process is { HasExited: false }) Assert.Equal(0, await StopAsync());
            await NothingIsLeftAsync();
        }
        finally
        {
            KillNow();
            process?.Dispose();
            process = null;
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>The position of the log that the read side has come to, when it has come to all of it.</summary>
    public async Task<long> PositionAsync() => (await Eventually.GetAsync("the read side has caught up",
        async () => (await Anonymous.GetAsync("/health/ready")).Is(200).Json, r => r.Number("lag") == 0)).Number("position");

    private string? Said(string mark) => output.FirstOrDefault(l => l.StartsWith(mark, StringComparison.Ordinal))?[mark.Length..];

    private void Hear(string? line)
    {
        if (line is not null) output.Enqueue(line);
    }

    private void KillNow()
    {
        if (process is { HasExited: false }) process.Kill();
    }

    /// <summary>The database is a child of the server: it must not outlive it.</summary>
    private Task NothingIsLeftAsync() => Eventually.HoldsAsync("no process is left on the data folder", () => !Directory.GetDirectories("/proc").Any(IsOurs));

    private bool IsOurs(string entry)
    {
        if (!int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out _)) return false;
        try
        {
            return File.ReadAllText(Path.Combine(entry, "cmdline")).Contains(Folder, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
            return false;
        }
    }
}
