using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace IaaS.Postgres;

/// <summary>
/// Keeps the server running. It has a thread of its own for as long as the server lives, because the kernel sends the parent's
/// death signal when the thread that started the child ends. The server is in a session of its own, so the terminal's Ctrl-C
/// reaches the control plane alone, which stops it last.
/// </summary>
internal sealed partial class Postmaster : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ClusterFolder folder;
    private readonly IReadOnlyList<string> command;
    private readonly ILogger logger;
    private readonly ManualResetEventSlim stopping = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private Process? server;
    private int failures;

    public Postmaster(ClusterFolder folder, string binaries, ILogger logger)
    {
        (this.folder, this.logger) = (folder, logger);
        // Each of these replaces itself with the next, so the process that we start is the server.
        command = [
            "setsid", "sh", "-c", "exec \"$@\" >\"$0\" 2>&1", folder.StartLog,
            "setpriv", "--pdeathsig", "INT", .. ServerUser.Prefix.Skip(1),
            Path.Combine(binaries, "postgres"), "-D", folder.Data, .. Settings.Arguments(folder.SocketFolder)];
        new Thread(Supervise) { IsBackground = true, Name = "postgres" }.Start();
    }

    /// <summary>How often in a row the server ended before it was ready.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>The server's process; null between two.</summary>
    public int? ProcessId
    {
        get { lock (gate) return server?.Id; }
    }

    public void Ready() => Volatile.Write(ref failures, 0);

    /// <summary>Fast shutdown: open transactions are rolled back, everything is written out.</summary>
    public async Task StopAsync(TimeProvider clock)
    {
        lock (gate)
        {
            stopping.Set();
            if (server is not null) Shell.Signal(server.Id, Shell.Interrupt);
        }

        try
        {
            await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), clock);
        }
        catch (TimeoutException)
        {
            LogQuit(logger);
            lock (gate)
            {
                if (server is not null) Shell.Signal(server.Id, Shell.Quit);
            }

            await ended.Task;
        }
    }

    public void Dispose() => stopping.Dispose();

    private void Supervise()
    {
        try
        {
            while (Start() is { } running)
            {
                running.WaitForExit();
                lock (gate) server = null;
                if (!stopping.IsSet)
                {
                    Interlocked.Increment(ref failures);
                    LogEnded(logger, running.ExitCode, folder.StartLogTail());
                }

                running.Dispose();
                stopping.Wait(Pause);
            }

            ended.SetResult();
        }
        catch (Exception e)
        {
            // The start itself failed, for example because a program is missing: whoever waits learns why.
            Interlocked.Add(ref failures, 1000);
            LogLost(logger, e);
            ended.SetResult();
        }
    }

    private Process? Start()
    {
        lock (gate)
        {
            if (stopping.IsSet) return null;
            server = Process.Start(Shell.Command(command))!;
            server.StandardInput.Close();
            LogStarted(logger, server.Id, folder.Data);
            return server;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "PostgreSQL started as process {Process} on {Folder}")]
    private static partial void LogStarted(ILogger logger, int process, string folder);

    [LoggerMessage(2, LogLevel.Error, "PostgreSQL ended with code {Code} and is started again. It said: {Said}")]
    private static partial void LogEnded(ILogger logger, int code, string said);

    [LoggerMessage(3, LogLevel.Warning, "PostgreSQL did not stop within a minute. It is stopped at once and will recover at the next start")]
    private static partial void LogQuit(ILogger logger);

    [LoggerMessage(4, LogLevel.Critical, "PostgreSQL could not be started and is not supervised any more")]
    private static partial void LogLost(ILogger logger, Exception why);
}
