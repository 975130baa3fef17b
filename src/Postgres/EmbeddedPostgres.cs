using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IaaS.Postgres;

/// <summary>
/// A PostgreSQL cluster of the control plane's own: made in its data folder, reached by a Unix socket only, a supervised child that
/// ends with its parent. It is never a database that somebody else runs.
/// </summary>
/// <remarks>
/// PostgreSQL refuses to run as root, so a root's server runs it as the user <c>postgres</c>. It has a session of its own, so that the
/// terminal's Ctrl-C does not reach it before the server has finished, and a parent-death signal, so that it ends when the server is killed.
/// </remarks>
public sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const int MaxSocketPath = 90;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly string binaries = PostgresBinaries.Find();
    private readonly string folder;
    private readonly string data;
    private readonly string sockets;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private FileStream? guard;
    private PostgresChild? child;

    private EmbeddedPostgres(string folder, TimeProvider time, ILogger log)
    {
        this.folder = Path.GetFullPath(folder);
        (this.time, this.log) = (time, log);
        data = Path.Combine(this.folder, "postgres");
        sockets = SocketFolder(this.folder);
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = sockets, Username = "postgres", Database = "postgres", MaxPoolSize = 40, MaxAutoPrepare = 100, AutoPrepareMinUsages = 2,
            Timeout = 15, CommandTimeout = 60, IncludeErrorDetail = true,
        }.ConnectionString;
    }

    public string ConnectionString { get; }

    /// <summary>The id of the child process.</summary>
    public int ProcessId => child?.Id ?? 0;

    /// <param name="folder">The data folder; the cluster is in its subfolder <c>postgres</c>.</param>
    /// <param name="time">Paces the waiting.</param>
    /// <param name="log">Hears of starts, restarts and stops.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="PostgresException">It cannot be started, or another process has the folder.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(string folder, TimeProvider time, ILogger log, CancellationToken ct)
    {
        var postgres = new EmbeddedPostgres(folder, time, log);
        try
        {
            await postgres.StartAsync(ct);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (child is not null)
        {
            await child.StopAsync(StopTimeout);
            LogStopped(log);
        }

        child = null;
        if (guard is not null) await guard.DisposeAsync();
        guard = null;
    }

    private async Task StartAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        guard = Guard();
        if (Environment.IsPrivilegedProcess) RequireReachable();
        MakeOwn(data);
        MakeOwn(sockets);
        if (!File.Exists(Path.Combine(data, "PG_VERSION"))) await InitialiseAsync(ct);
        await EndLeftOverAsync(ct);
        child = new PostgresChild(() => Command("postgres", "-D", data, "-k", sockets), Settings(), Path.Combine(folder, "postgres.log"), log);
        await WaitReadyAsync(ct);
        LogStarted(log, child.Id, data);
    }

    private FileStream Guard()
    {
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new PostgresException($"Another control plane runs on {folder}. Stop it, or choose another data folder.", e);
        }
    }

    /// <summary>The user <c>postgres</c> must be able to walk to its folder.</summary>
    private void RequireReachable()
    {
        for (var parent = new DirectoryInfo(folder); parent is not null; parent = parent.Parent)
        {
            if ((parent.UnixFileMode & UnixFileMode.OtherExecute) != UnixFileMode.None) continue;
            // The data folder itself is ours to open; what is above it is not.
            if (string.Equals(parent.FullName, folder, StringComparison.Ordinal)) parent.UnixFileMode |= UnixFileMode.OtherExecute;
            else throw new PostgresException($"PostgreSQL runs as the user 'postgres', who may not enter {parent.FullName}. Choose a data folder elsewhere, for example /var/lib/iaas.");
        }
    }

    private static void MakeOwn(string path)
    {
        Directory.CreateDirectory(path);
        if (!Environment.IsPrivilegedProcess) return;
        using var chown = Process.Start("chown", ["postgres:postgres", path]);
        chown.WaitForExit();
        if (chown.ExitCode != 0) throw new PostgresException($"{path} cannot be given to the user 'postgres'. Is Debian's package 'postgresql' installed?");
    }

    private async Task InitialiseAsync(CancellationToken ct)
    {
        var (exit, output) = await RunAsync(Command("initdb", "-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"), ct);
        if (exit != 0) throw new PostgresException($"initdb failed in {data}: {output}");
        // Nobody but root and the cluster's own user can reach the socket, so there is no password to lose.
        File.SetUnixFileMode(sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>After a kill -9 of the server, its child may live a moment longer, or its pid file be stale.</summary>
    private async Task EndLeftOverAsync(CancellationToken ct)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file)) return;
        LogLeftOver(log, file);
        await RunAsync(Command("pg_ctl", "stop", "-D", data, "-m", "fast", "-w", "-t", "30"), ct);
    }

    private async Task WaitReadyAsync(CancellationToken ct)
    {
        var started = time.GetTimestamp();
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 };
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(builder.ConnectionString);
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException e)
            {
                if (child!.HasGivenUp || time.GetElapsedTime(started) > StartTimeout)
                    throw new PostgresException($"PostgreSQL does not start; {Path.Combine(folder, "postgres.log")} says why. The last error was: {e.Message}", e);
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, ct);
            }
        }
    }

    private ProcessStartInfo Command(string program, params ReadOnlySpan<string> arguments)
    {
        var info = new ProcessStartInfo { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        List<string> words = Environment.IsPrivilegedProcess
            ? ["setsid", "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT", Path.Combine(binaries, program)]
            : ["setsid", "setpriv", "--pdeathsig=INT", Path.Combine(binaries, program)];
        words.AddRange(arguments);
        info.FileName = words[0];
        foreach (var word in words.Skip(1)) info.ArgumentList.Add(word);
        return info;
    }

    private static async Task<(int Exit, string Output)> RunAsync(ProcessStartInfo info, CancellationToken ct)
    {
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, (await error + await output).Trim());
    }

    /// <summary>Sized for a small machine beside the control plane. Durability is PostgreSQL's default and stays on.</summary>
    private static Dictionary<string, string> Settings() => new(StringComparer.Ordinal)
    {
        ["listen_addresses"] = "",
        ["max_connections"] = "100",
        ["shared_buffers"] = "256MB",
        ["max_wal_size"] = "4GB",
        ["min_wal_size"] = "256MB",
        ["checkpoint_timeout"] = "15min",
        ["wal_compression"] = "on",
        ["jit"] = "off",
        ["timezone"] = "UTC",
        ["log_min_messages"] = "warning",
    };

    /// <summary>A socket's whole path has at most 107 bytes: a deep data folder keeps its sockets elsewhere.</summary>
    private static string SocketFolder(string folder)
    {
        var near = Path.Combine(folder, "socket");
        return near.Length <= MaxSocketPath
            ? near
            : Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"iaas-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)).AsSpan(0, 8))}"));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL runs as process {Id} on {Data}")]
    private static partial void LogStarted(ILogger log, int id, string data);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL has stopped")]
    private static partial void LogStopped(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ending what an earlier run left: {File}")]
    private static partial void LogLeftOver(ILogger log, string file);
}
