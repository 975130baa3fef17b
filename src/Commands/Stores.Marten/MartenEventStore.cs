using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using JasperFx;
using JasperFx.Events;
using Marten;
using Marten.Events;
using Npgsql;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// The store of record: Marten's event tables on PostgreSQL. Marten makes the tables, reads them and keeps them; the hot append is
/// one set-based statement of ours against them (<see cref="AppendStatement"/>), because Marten's own costs a function call a stream.
/// </summary>
public sealed class MartenEventStore : Kernel.IEventStore, IAsyncDisposable
{
    public const string Schema = "log";

    private readonly NpgsqlDataSource db;
    private readonly DocumentStore marten;
    private readonly AppendStatement append;

    public MartenEventStore(NpgsqlDataSource db, EventNames names, TimeProvider time)
    {
        this.db = db;
        append = new AppendStatement(names, time);
        marten = DocumentStore.For(options => Configure(options, db, names));
    }

    /// <summary>Marten's own view of the same tables, for upkeep and for the test that compares the two ways to append.</summary>
    public IDocumentStore Marten => marten;

    /// <summary>Makes what is missing of the tables. Throws when the database cannot be reached.</summary>
    public Task PrepareAsync() => marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

    public async Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
    {
        await using var session = marten.QuerySession();
        var events = await session.Events.FetchStreamAsync(stream, fromVersion: afterVersion + 1, token: ct);
        return [.. events.Select(Of)];
    }

    public async Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        if (batch.Count == 0) return new Committed(await HeadAsync(ct), [], new HashSet<int>());
        await using var connection = await db.OpenConnectionAsync(ct);
        return await append.ExecuteAsync(connection, batch, ct);
    }

    public async Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct)
    {
        await using var session = marten.QuerySession();
        var events = await session.Events.QueryAllRawEvents().Where(e => e.Sequence > afterPosition).OrderBy(e => e.Sequence).Take(max).ToListAsync(ct);
        return [.. events.Select(Of)];
    }

    public async Task<long> HeadAsync(CancellationToken ct)
    {
        await using var command = db.CreateCommand(AppendStatement.HeadSql);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public ValueTask DisposeAsync() => marten.DisposeAsync();

    private static Recorded Of(JasperFx.Events.IEvent e) => new((Domain.Kernel.IEvent)e.Data, e.StreamKey!, e.Version, e.Sequence, e.Timestamp,
        new Origin(e.UserName ?? "", e.CorrelationId ?? "", e.CausationId ?? ""));

    private static void Configure(StoreOptions options, NpgsqlDataSource db, EventNames names)
    {
        options.Connection(db);
        options.DatabaseSchemaName = Schema;
        options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
        options.DisableNpgsqlLogging = true;
        options.UseSystemTextJsonForSerialization(configure: DomainJson.Apply);
        options.Events.DatabaseSchemaName = Schema;
        options.Events.StreamIdentity = StreamIdentity.AsString;
        options.Events.AppendMode = EventAppendMode.Rich;
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
        options.Events.MetadataConfig.UserNameEnabled = true;
        var map = typeof(IEventStoreOptions).GetMethods().Single(m => m is { Name: nameof(IEventStoreOptions.MapEventType), IsGenericMethod: true } && m.GetParameters().Length == 1);
        foreach (var (name, type) in names.All) map.MakeGenericMethod(type).Invoke(options.Events, [name]);
    }
}
