namespace IaaS.Postgres;

/// <summary>Whom the server runs as. PostgreSQL refuses root; started by root, it runs as the user that Debian's package makes for it.</summary>
internal static class ServerUser
{
    private const string Name = "postgres";

    /// <summary>What goes before a command so that it runs as the server's user; nothing when we are that user.</summary>
    public static IReadOnlyList<string> Prefix { get; } =
        Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups"] : [];

    /// <summary>Creates a folder that only the server's user can enter, or makes an existing one so.</summary>
    public static Task CreatePrivateFolderAsync(string path, CancellationToken ct) => Shell.RunAsync(
        ["install", "-d", "-m", "700", .. Environment.IsPrivilegedProcess ? ["-o", Name, "-g", Name] : Array.Empty<string>(), path], ct);

    /// <exception cref="EmbeddedPostgresException">The user is missing, or a folder above is closed to it.</exception>
    public static void CheckReach(string folder)
    {
        if (!Environment.IsPrivilegedProcess) return;
        if (!File.ReadLines("/etc/passwd").Any(l => l.StartsWith(Name + ":", StringComparison.Ordinal)))
        {
            throw new EmbeddedPostgresException(
                $"The control plane runs as root, and PostgreSQL would run as the user {Name}, which does not exist. "
                + "Install the Debian package postgresql-common, or run the control plane as an ordinary user.");
        }

        for (var above = new DirectoryInfo(folder); above is not null; above = above.Parent)
        {
            if (!above.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                throw new EmbeddedPostgresException(
                    $"The control plane runs as root, so PostgreSQL runs as the user {Name}, which may not pass through {above.FullName}. "
                    + $"Choose a data folder elsewhere, for example /var/lib/iaas, or allow it: chmod o+x {above.FullName}");
            }
        }
    }
}
