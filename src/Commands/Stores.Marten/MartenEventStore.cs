using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;
using Marten;
using Npgsql;
using IEvent = IaaS.Domain.Kernel.IEvent;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// The store of record. Marten owns the event tables: it creates them, keeps them up, and can read and append by itself. The hot paths
/// are ours: an append is one set-based statement (<see cref="SetBasedAppend"/>).
/// </summary>
public sealed class MartenEventStore : IEventStore, IAsyncDisposable
{
    private readonly NpgsqlDataSource source;
    // On its own: a connection on which anybody has ever awaited something wakes who waits on his thread by way of two others.
    private readonly NpgsqlDataSource writer;
    private readonly DocumentStore marten;
    private readonly EventNames names;
    private readonly TimeProvider clock;
    private readonly string selectSql;
    private readonly string headSql;
    private readonly string hasSql;

    private MartenEventStore(string connectionString, EventNames names, TimeProvider clock, string schema)
    {
        (this.names, this.clock, Schema) = (names, clock, schema);
        source = EventTables.Open(connectionString);
        writer = EventTables.Open(connectionString, writeBuffer: 4 << 20);
        marten = EventTables.Describe(source, names, schema);
        selectSql = $"select stream_id, version, seq_id, timestamp, user_name, type, data, correlation_id, causation_id from {schema}.mt_events";
        Snapshots = new PostgresSnapshots(source, schema);
        hasSql = $"select exists(select from {schema}.mt_events where stream_id = $1 and user_name = $2 and correlation_id = $3 and causation_id = $4)";
        headSql = $"select coalesce(max(seq_id), 0) from {schema}.mt_events";
    }

    /// <summary>Beside the log, in the same schema.</summary>
    public ISnapshots Snapshots { get; }

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

    public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct) =>
        QueryAsync("where stream_id = $1 and version > $2 order by version", [new() { Value = stream }, new() { Value = afterVersion }], ct);

    public Task<IReadOnlyList<Recorded>> ReadAllAsync(IReadOnlyList<string> streams, CancellationToken ct) =>
        QueryAsync("where stream_id = any($1) order by stream_id, version", [new() { Value = streams.ToArray() }], ct);

    public async Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct)
    {
        var (actor, correlation, causation) = (StorableText.Of(origin.Actor), StorableText.Of(origin.Correlation), StorableText.Of(origin.Causation));
        await using var command = source.CreateCommand(hasSql);
        foreach (var value in new[] { stream, actor, correlation, causation }) command.Parameters.Add(new() { Value = value });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// It waits for the database on the thread that calls. A process has one writer, with a thread of its own; were its answers to come
    /// through the thread pool, each would stand behind the hundreds of callers that the commit before it has woken.
    /// </remarks>
    public async Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        AppendRules.Check(batch);
        if (batch.Count == 0) return new(await HeadAsync(ct), [], new HashSet<int>());
#pragma warning disable CA1849, MA0042, VSTHRD103 // See the remarks.
        using var connection = writer.OpenConnection();
        return new SetBasedAppend(batch, names, AppendRules.Timestamp(clock), Schema).Execute(connection);
#pragma warning restore CA1849, MA0042, VSTHRD103
    }

    public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct) =>
        QueryAsync("where seq_id > $1 order by seq_id limit $2", [new() { Value = afterPosition }, new() { Value = (long)Math.Max(max, 0) }], ct);

    public async Task<long> HeadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(headSql);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        marten.Dispose();
        await writer.DisposeAsync();
        await source.DisposeAsync();
    }

    // Marten's own reading falls back to the .NET name that it stores beside ours: vm.requested/2 of a newer version would be taken
    // for the vm.requested/1 that has the same class here. A name that we do not know must fail, not be guessed.
    private async Task<IReadOnlyList<Recorded>> QueryAsync(string condition, NpgsqlParameter[] parameters, CancellationToken ct)
    {
        await using var command = source.CreateCommand($"{selectSql} {condition}");
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<Recorded>();
        while (await reader.ReadAsync(ct)) found.Add(Recorded(reader));
        return found;
    }

    private Recorded Recorded(NpgsqlDataReader row) => new(
        EventNames.Today((IEvent)JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(6), names.TypeOf(row.GetString(5)), EventTables.Json)!),
        row.GetString(0), row.GetInt64(1), row.GetInt64(2), new DateTimeOffset(row.GetDateTime(3), TimeSpan.Zero),
        new Origin(Text(row, 4), Text(row, 7), Text(row, 8)));

    private static string Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? "" : row.GetString(column);
}
