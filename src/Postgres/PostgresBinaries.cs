using System.Globalization;

namespace IaaS.Postgres;

/// <summary>PostgreSQL as Debian installs it: several versions side by side, the newest is taken.</summary>
public static class PostgresBinaries
{
    private const string Root = "/usr/lib/postgresql";

    /// <summary>The folder with <c>initdb</c> and <c>postgres</c>.</summary>
    /// <exception cref="PostgresException">There is none; it says which package to install.</exception>
    public static string Find() => Directory.Exists(Root)
        && Directory.GetDirectories(Root)
            .Where(d => File.Exists(Path.Combine(d, "bin", "initdb")))
            .MaxBy(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var version) ? version : 0) is { } newest
        ? Path.Combine(newest, "bin")
        : throw new PostgresException($"There is no PostgreSQL under {Root}. Install Debian's package 'postgresql', or give a connection string to one that runs.");
}

/// <summary>The embedded database could not be started. The message says what to do.</summary>
public sealed class PostgresException(string message, Exception? inner = null) : Exception(message, inner);
