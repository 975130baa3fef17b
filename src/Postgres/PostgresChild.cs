using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace IaaS.Postgres;

/// <summary>
/// Keeps one child process running. The thread that starts a child must outlive it, because the parent-death signal is sent when
/// that thread ends; hence a thread of its own.
/// </summary>
internal sealed partial class PostgresChild
{
    private const int MaxQuickDeaths = 5;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(5);

    private readonly Func<ProcessStartInfo> command;
    private readonly Dictionary<string, string> settings;
    private readonly string logFile;
    private readonly ILogger log;
    private readonly Thread supervisor;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Process? process;
    private volatile bool stopping;

    public PostgresChild(Func<ProcessStartInfo> command, Dictionary<string, string> settings, string logFile, ILogger log)
    {
        (this.command, this.settings, this.logFile, this.log) = (command, settings, logFile, log);
        supervisor = new Thread(Supervise) { IsBackground = true, Name = "postgres" };
        supervisor.Start();
    }

    public int Id => process?.Id ?? 0;

    /// <summary>True when it died at once, again and again.</summary>
    public bool HasGivenUp => ended.Task.IsCompleted;

    public async Task StopAsync(TimeSpan timeout)
    {
        stopping = true;
        // SIGINT is PostgreSQL's fast shutdown: it ends sessions, writes a checkpoint and goes.
        if (process is { HasExited: false } running) _ = Kill(running.Id, Interrupt);
        try
        {
            await ended.Task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            process?.Kill();
            await ended.Task;
        }
    }

    private void Supervise()
    {
        try
        {
            for (var quickDeaths = 0; !stopping && quickDeaths < MaxQuickDeaths;)
            {
                var started = Stopwatch.GetTimestamp();
                using var now = Start();
                process = now;
                if (stopping) _ = Kill(now.Id, Interrupt);
                now.WaitForExit();
                if (stopping) return;
                LogDied(log, now.ExitCode);
                quickDeaths = Stopwatch.GetElapsedTime(started) < Quick ? quickDeaths + 1 : 0;
            }
        }
        catch (Exception e)
        {
            LogFailed(log, e);
        }
        finally
        {
            process = null;
            ended.TrySetResult();
        }
    }

    private Process Start()
    {
        var info = command();
        foreach (var (name, value) in settings)
        {
            info.ArgumentList.Add("-c");
            info.ArgumentList.Add($"{name}={value}");
        }

        var child = new Process { StartInfo = info };
        child.OutputDataReceived += (_, line) => Write(line.Data);
        child.ErrorDataReceived += (_, line) => Write(line.Data);
        child.Start();
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return child;
    }

    private void Write(string? line)
    {
        if (line is null) return;
        try
        {
            lock (logFile) File.AppendAllText(logFile, line + Environment.NewLine);
        }
        catch (IOException e)
        {
            LogFailed(log, e);
        }
    }

    private const int Interrupt = 2;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL ended by itself with {Exit}; starting it again")]
    private static partial void LogDied(ILogger log, int exit);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL cannot be supervised")]
    private static partial void LogFailed(ILogger log, Exception e);
}
