using IaaS.Postgres;

namespace IaaS.Replay;

/// <summary>Finds the log that is meant.</summary>
public static class LogSource
{
    /// <param name="log">A file, the data folder of a control plane that runs, or a connection string.</param>
    /// <param name="postgres">A connection string, instead.</param>
    /// <exception cref="ReplayException">It is none of these.</exception>
    public static IAsyncEnumerable<LogRow> Open(string? log, string? postgres, long until, CancellationToken ct)
    {
        if (postgres is not null) return LogDatabase.ReadAsync(postgres, until, ct);
        if (File.Exists(log)) return LogFile.ReadAsync(log, ct);
        if (Directory.Exists(log)) return LogDatabase.ReadAsync(EmbeddedPostgres.ConnectionStringOf(log), until, ct);
        return log!.Contains('=', StringComparison.Ordinal)
            ? LogDatabase.ReadAsync(log, until, ct)
            : throw new ReplayException($"{log} is no file, no data folder and no connection string.");
    }
}
