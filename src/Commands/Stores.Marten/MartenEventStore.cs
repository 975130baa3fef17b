using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using Marten;
using Npgsql;
using IEvent = IaaS.Domain.Kernel.IEvent;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// The store of record. Marten owns the event tables: it creates, reads and keeps them up. Appends are one set-based statement
/// against them (<see cref="SetBasedAppend"/>), run as a Marten storage operation.
/// </summary>
public sealed class MartenEventStore : IEventStore, IAsyncDisposable
{
    private readonly NpgsqlDataSource source;
    private readonly DocumentStore marten;
    private readonly EventNames names;
    private readonly TimeProvider clock;
    private readonly string headSql;

    private MartenEventStore(string connectionString, EventNames names, TimeProvider clock, string schema)
    {
        (this.names, this.clock, Schema) = (names, clock, schema);
        source = EventTables.Open(connectionString);
        marten = EventTables.Describe(source, names, schema);
        headSql = $"select coalesce(max(seq_id), 0) from {schema}.mt_events";
    }

    /// <summary>The PostgreSQL schema that the tables are in.</summary>
    public string Schema { get; }

    /// <summary>Marten's own view of the same tables, for upkeep and tests. Appending through it does not keep the order of the feed.</summary>
    public IDocumentStore Marten => marten;

    /// <summary>Creates or migrates the tables where they are not up to date, and opens the store.</summary>
    /// <param name="connectionString">Of the database; the store has a connection pool of its own on it.</param>
    /// <param name="names">Every event that may be in the log.</param>
    /// <param name="clock">Stamps the commits.</param>
    /// <param name="schema">A PostgreSQL schema for the tables: lower-case letters, digits and underscores.</param>
    public static async Task<MartenEventStore> StartAsync(
        string connectionString, EventNames names, TimeProvider clock, string schema = EventTables.DefaultSchema, CancellationToken ct = default)
    {
        var store = new MartenEventStore(connectionString, names, clock, schema);
        try
        {
            await EventTables.EnsureAsync(store.source, store.marten, schema, ct);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
    {
        await using var session = marten.QuerySession();
        var events = await session.Events.FetchStreamAsync(stream, fromVersion: Math.Max(afterVersion, 0) + 1, token: ct);
        return [.. events.Select(ToRecorded)];
    }

    public async Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        AppendRules.Check(batch);
        if (batch.Count == 0) return new(await HeadAsync(ct), [], new HashSet<int>());
        var append = new SetBasedAppend(batch, names, AppendRules.Timestamp(clock), Schema);
        await using var session = marten.LightweightSession();
        session.QueueOperation(append);
        await session.SaveChangesAsync(ct);
        return append.Committed;
    }

    public async Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct)
    {
        if (max <= 0) return [];
        await using var session = marten.QuerySession();
        var events = await session.Events.QueryAllRawEvents()
            .Where(e => e.Sequence > afterPosition).OrderBy(e => e.Sequence).Take(max).ToListAsync(ct);
        return [.. events.Select(ToRecorded)];
    }

    public async Task<long> HeadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(headSql);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        marten.Dispose();
        await source.DisposeAsync();
    }

    private Recorded ToRecorded(global::JasperFx.Events.IEvent stored)
    {
        // Marten falls back to the .NET name that it stores beside ours. A name that we do not know must fail, not be guessed.
        _ = names.TypeOf(stored.EventTypeName);
        return new((IEvent)stored.Data, stored.StreamKey!, stored.Version, stored.Sequence, stored.Timestamp.ToUniversalTime(),
            new(stored.UserName ?? "", stored.CorrelationId ?? "", stored.CausationId ?? ""));
    }
}
