namespace IaaS.Postgres;

/// <summary>The server's settings: a small machine that writes much. Given at each start, so that a new version's apply to old data.</summary>
internal static class Settings
{
    /// <summary>
    /// An eighth of the machine: what is written all the time stays in it, and is written out by checkpoints and not by those who need room.
    /// No more than what a slow disk takes in before a stop is given up.
    /// </summary>
    private static long SharedMegabytes => Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 23, 128, 4096);

    public static IEnumerable<string> Arguments(string socketFolder) => new (string Name, string Value)[]
    {
        ("listen_addresses", ""),
        ("unix_socket_directories", socketFolder),
        ("unix_socket_permissions", "0700"),
        ("port", "5432"),
        // A caller that heard yes must find it after a power cut.
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_level", "replica"),
        ("max_wal_size", "4GB"),
        ("min_wal_size", "256MB"),
        // A new segment of the log is not filled with zeros first, within the commit that needs it: decision 26.
        ("wal_init_zero", "off"),
        ("wal_compression", "lz4"),
        ("checkpoint_timeout", "15min"),
        ("shared_buffers", $"{SharedMegabytes}MB"),
        ("max_connections", "100"),
        // What an index for searching has put off is written into it by whoever fills this up, and each search reads it. A full default of 4 MB
        // is half a second.
        ("gin_pending_list_limit", "256kB"),
        // Compiling a plan costs more than our statements take.
        ("jit", "off"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        // One file for each day of the week, within the data folder.
        ("logging_collector", "on"),
        ("log_filename", "postgresql-%a.log"),
        ("log_truncate_on_rotation", "on"),
        ("log_rotation_age", "1d"),
        ("log_rotation_size", "0"),
    }.SelectMany(s => new[] { "-c", $"{s.Name}={s.Value}" });
}
