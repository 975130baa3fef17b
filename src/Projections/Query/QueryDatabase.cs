using System.Globalization;
using Npgsql;

namespace IaaS.Projections.Query;

/// <summary>
/// Connections for queries alone: they can write nothing, and the database itself ends what takes too long. However many queries wait,
/// the rest of the server has its own connections. Statements of the same shape are read once.
/// </summary>
public sealed class QueryDatabase : IAsyncDisposable
{
    private const int MostConnections = 16;

    private QueryDatabase(NpgsqlDataSource any, NpgsqlDataSource lookups, NpgsqlDataSource rows) => (Any, Lookups, Rows) = (any, lookups, rows);

    /// <summary>Plans each statement for its values: one plan for all of them is, for what users ask, often a hundred times slower.</summary>
    public NpgsqlDataSource Any { get; }

    /// <summary>Plans a statement once: where one row is found by its key, planning takes longer than the rest.</summary>
    public NpgsqlDataSource Lookups { get; }

    /// <summary>For single rows that the server itself wants: no question of a user can keep them waiting.</summary>
    public NpgsqlDataSource Rows { get; }

    public static QueryDatabase Open(string connection, QueryLimits limits) =>
        new(Source(connection, limits, "force_custom_plan"), Source(connection, limits, "auto"), Source(connection, limits, "auto"));

    public async ValueTask DisposeAsync()
    {
        await Any.DisposeAsync();
        await Lookups.DisposeAsync();
        await Rows.DisposeAsync();
    }

    // Compiling a plan to machine code takes longer than nearly all that is asked here. What is asked is in memory, or on a disk without
    // heads: with the default cost of a page out of order the rows of a page are joined by reading whole tables.
    private static NpgsqlDataSource Source(string connection, QueryLimits limits, string plans) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection)
    {
        ApplicationName = "iaas query",
        MaxPoolSize = MostConnections,
        MaxAutoPrepare = 200,
        AutoPrepareMinUsages = 2,
        // Nothing is ever set on a session: to reset it costs more than to find a row.
        NoResetOnClose = true,
        // Pages of rows are large, and by default each 8 KiB of one is a read of its own.
        ReadBufferSize = 65_536,
        Options = string.Create(CultureInfo.InvariantCulture,
            $"-c statement_timeout={(int)limits.Time.TotalMilliseconds} -c default_transaction_read_only=on -c TimeZone=UTC -c jit=off -c random_page_cost=1.1 -c plan_cache_mode={plans}"),
    });
}
