using System.Globalization;

namespace IaaS.Postgres;

/// <summary>Finds PostgreSQL's server programs where Debian puts them, one folder for each major version.</summary>
internal static class Binaries
{
    private const string Root = "/usr/lib/postgresql";

    /// <summary>The folder of the newest version; where a cluster exists, of the version that made it.</summary>
    /// <exception cref="EmbeddedPostgresException">None is installed, or not the one that the cluster needs.</exception>
    public static string Find(string? clusterVersion)
    {
        var installed = Directory.Exists(Root)
            ? Directory.GetDirectories(Root)
                .Select(d => (Version: Path.GetFileName(d), Bin: Path.Combine(d, "bin")))
                .Where(v => File.Exists(Path.Combine(v.Bin, "postgres")) && File.Exists(Path.Combine(v.Bin, "initdb")))
                .OrderByDescending(v => int.TryParse(v.Version, CultureInfo.InvariantCulture, out var major) ? major : 0)
                .ToList()
            : [];
        if (clusterVersion is not null)
        {
            return installed.Find(v => v.Version == clusterVersion).Bin ?? throw new EmbeddedPostgresException(
                $"The data was made by PostgreSQL {clusterVersion}, whose programs are not under {Root}. "
                + $"Install the Debian package postgresql-{clusterVersion}, or move the data to a newer version with pg_upgrade.");
        }

        return installed.Count > 0 ? installed[0].Bin : throw new EmbeddedPostgresException(
            $"PostgreSQL's server programs are not under {Root}. Install the Debian package postgresql (apt-get install postgresql), "
            + "or give the control plane the connection string of a server that runs elsewhere.");
    }
}
