using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IaaS.Postgres;

/// <summary>The files of one cluster: <c>data</c> (PostgreSQL's own), <c>socket</c>, <c>start.log</c>, and <c>lock</c>, held while it is in use.</summary>
internal sealed class ClusterFolder : IDisposable
{
    /// <summary>What the kernel takes for the path of a Unix socket, in bytes.</summary>
    private const int LongestSocketPath = 107;

    private readonly string root;
    private readonly FileStream held;

    private ClusterFolder(string root, FileStream held)
    {
        (this.root, this.held) = (root, held);
        Data = Path.Combine(root, "data");
        StartLog = Path.Combine(root, "start.log");
        SocketFolder = SocketFolderFor(root);
    }

    public string Data { get; }

    /// <summary>What the server said before its own log took over.</summary>
    public string StartLog { get; }

    public string SocketFolder { get; }

    /// <summary>The major version that made the cluster; null when there is none yet.</summary>
    public string? Version => File.Exists(VersionFile) ? File.ReadAllText(VersionFile).Trim() : null;

    private string VersionFile => Path.Combine(Data, "PG_VERSION");

    /// <exception cref="EmbeddedPostgresException">Another control plane uses it, or the server's user cannot reach it.</exception>
    public static ClusterFolder Claim(string dataFolder)
    {
        var claimed = RootOf(dataFolder);
        Directory.CreateDirectory(claimed);
        ServerUser.CheckReach(claimed);
        try
        {
            return new(claimed, new FileStream(Path.Combine(claimed, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException inUse)
        {
            throw new EmbeddedPostgresException(
                $"The data folder {dataFolder} is in use by another control plane on this machine. Stop it, or choose another folder.", inUse);
        }
    }

    /// <summary>Makes the cluster where there is none. Interrupted, it starts anew the next time.</summary>
    public async Task CreateAsync(string binaries, CancellationToken ct)
    {
        await ServerUser.CreatePrivateFolderAsync(SocketFolder, ct);
        if (Version is not null) return;
        var unfinished = Data + ".new";
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        await ServerUser.CreatePrivateFolderAsync(unfinished, ct);
        await Shell.RunAsync([
            .. ServerUser.Prefix, Path.Combine(binaries, "initdb"), "-D", unfinished, "--username", EmbeddedPostgres.User,
            "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--lc-ctype", "C.UTF-8", "--data-checksums", "--no-instructions"], ct);
        Directory.Move(unfinished, Data);
    }

    /// <summary>
    /// Stops a server that outlived the control plane that started it. We hold the lock, so nobody uses it. A file that names a
    /// process which is something else by now is removed, as PostgreSQL would refuse to start over it.
    /// </summary>
    public async Task StopLeftoverAsync(TimeProvider clock, CancellationToken ct)
    {
        var file = Path.Combine(Data, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var process)) return;
        if (!Directory.Exists($"/proc/{process}")) return;
        if (!IsOurs(process))
        {
            File.Delete(file);
            return;
        }

        var started = clock.GetTimestamp();
        Shell.Signal(process, Shell.Interrupt);
        while (IsOurs(process))
        {
            if (clock.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) Shell.Signal(process, Shell.Quit);
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, ct);
        }
    }

    public string StartLogTail() => File.Exists(StartLog) ? string.Join('\n', File.ReadLines(StartLog).TakeLast(5)) : "";

    public void Dispose() => held.Dispose();

    /// <summary>A server's working folder is its data folder.</summary>
    private bool IsOurs(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/cwd").LinkTarget == Data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static string SocketFolderOf(string dataFolder) => SocketFolderFor(RootOf(dataFolder));

    private static string RootOf(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), "postgres");

    private static string SocketFolderFor(string root)
    {
        var beside = Path.Combine(root, "socket");
        if (Encoding.UTF8.GetByteCount(Path.Combine(beside, ".s.PGSQL.5432")) <= LongestSocketPath) return beside;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..16];
        return Path.Combine(Environment.IsPrivilegedProcess ? "/run" : Path.GetTempPath(), $"iaas-postgres-{hash}");
    }
}
