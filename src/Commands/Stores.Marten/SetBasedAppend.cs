using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using NpgsqlTypes;
using Weasel.Core;
using Weasel.Storage;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// Appends to many streams with one statement. It writes the rows that Marten's own append writes.
/// The advisory lock, held until the commit is visible, gives all processes one order of commits, so that a position is never filled
/// in later. It is a statement before the append, sent in the same round trip, because a statement sees what was committed when
/// it began: under the lock, it sees every append there is.
/// </summary>
internal sealed class SetBasedAppend(IReadOnlyList<Append> batch, EventNames names, DateTimeOffset at, string schema)
    : global::Marten.Internal.Operations.IStorageOperation
{
    private static readonly ConcurrentDictionary<Type, string> DotNetNames = new();

    private readonly List<Row> rows = [];

    /// <summary>What became of the batch, once the session has saved its changes.</summary>
    public Committed Committed { get; private set; } = null!;

    public Type DocumentType => typeof(global::JasperFx.Events.IEvent);

    public OperationRole Role() => OperationRole.Events;

    public void ConfigureCommand(Weasel.Postgresql.ICommandBuilder builder, IStorageSession session)
    {
        rows.Clear();
        for (var i = 0; i < batch.Count; i++) AddRows(i, session);

        // A plan is kept from when the tables were small; it must not be one that reads all of mt_streams.
        builder.Append($"select pg_advisory_xact_lock(hashtext('iaas.append'), hashtext('{schema}')), set_config('enable_seqscan', 'off', true)");
        builder.StartNewCommand();
        var parameters = builder.AppendWithParameters(Sql, '?');
        var next = 0;
        Array(NpgsqlDbType.Text, batch.Select(a => a.Stream));
        Array(NpgsqlDbType.Bigint, batch.Select(a => a.ExpectedVersion));
        Array(NpgsqlDbType.Integer, batch.Select(a => a.Events.Count));
        Set(NpgsqlDbType.TimestampTz, at.UtcDateTime);
        Set(NpgsqlDbType.TimestampTz, at.UtcDateTime);
        Set(NpgsqlDbType.TimestampTz, at.UtcDateTime);
        Array(NpgsqlDbType.Integer, rows.Select(r => r.Append + 1));
        Array(NpgsqlDbType.Text, rows.Select(r => batch[r.Append].Stream));
        Array(NpgsqlDbType.Bigint, rows.Select(r => r.Version));
        Array(NpgsqlDbType.Uuid, Ids(rows.Count));
        Array(NpgsqlDbType.Text, rows.Select(r => names.NameOf(r.Event.GetType())));
        Array(NpgsqlDbType.Text, rows.Select(r => DotNetName(r.Event.GetType())));
        Array(NpgsqlDbType.Jsonb, rows.Select(r => r.Json));
        Array(NpgsqlDbType.Text, rows.Select(r => r.Origin.Correlation));
        Array(NpgsqlDbType.Text, rows.Select(r => r.Origin.Causation));
        Array(NpgsqlDbType.Text, rows.Select(r => r.Origin.Actor));

        void Array<T>(NpgsqlDbType element, IEnumerable<T> values) => Set(NpgsqlDbType.Array | element, values.ToArray());

        void Set(NpgsqlDbType type, object value) => (parameters[next].NpgsqlDbType, parameters[next++].Value) = (type, value);
    }

    public async Task PostprocessAsync(DbDataReader reader, IList<Exception> exceptions, CancellationToken token)
    {
        // The lock's result comes first.
        await reader.NextResultAsync(token);
        if (!await reader.ReadAsync(token)) throw new InvalidOperationException("The append returned nothing.");
        var previous = await reader.GetFieldValueAsync<long>(0, token);
        var accepted = await reader.GetFieldValueAsync<bool[]>(1, token);
        var positions = await reader.GetFieldValueAsync<long[]>(2, token);
        var written = rows.Where(r => accepted[r.Append])
            .Zip(positions.Order(), (r, position) => new Recorded(r.Event, batch[r.Append].Stream, r.Version, position, at, r.Origin)).ToList();
        var conflicts = Enumerable.Range(0, batch.Count).Where(i => !accepted[i]).ToHashSet();
        if (written.Count != positions.Length || written.Count + conflicts.Sum(i => batch[i].Events.Count) != rows.Count)
            throw new InvalidOperationException($"{positions.Length} events were written where {written.Count} were accepted.");
        Committed = new(previous, written, conflicts);
    }

    private void AddRows(int index, IStorageSession session)
    {
        var append = batch[index];
        for (var i = 0; i < append.Events.Count; i++)
        {
            var happened = append.Events[i];
            var json = StorableText.OfJson(session.Serializer.ToJson(happened));
            // What the caller folds now must be what is folded from the store later.
            if (StorableText.MayDiffer(json))
                happened = (IEvent)JsonSerializer.Deserialize(json, happened.GetType(), DomainJson.Options)!;
            rows.Add(new(index, append.ExpectedVersion + i + 1, happened, json, StorableText.Of(append.Origins[i])));
        }
    }

    /// <summary>As version 7 has them, ordered by time. Asking the system for the chance of each alone takes longer than writing it.</summary>
    private Guid[] Ids(int count)
    {
        var ids = new Guid[count];
        var chance = RandomNumberGenerator.GetBytes(16 * count);
        var milliseconds = at.ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            var bytes = chance.AsSpan(16 * i, 16);
            for (var b = 0; b < 6; b++) bytes[b] = (byte)(milliseconds >> (40 - (8 * b)));
            bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
            bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
            ids[i] = new Guid(bytes, bigEndian: true);
        }

        return ids;
    }

    /// <summary>As Marten writes it; it reads by our name, so that a class may be renamed.</summary>
    private static string DotNetName(Type type) => DotNetNames.GetOrAdd(type, static t => $"{t.FullName}, {t.Assembly.GetName().Name}");

    // The version of each stream is looked up one by one in the primary key, whatever the planner thinks of the table's size.
    // A writer that does not take the lock still meets the unique index on stream and version, which fails the whole statement.
    private string Sql => $"""
        with wanted as materialized (
          select w.place, w.stream, w.expected + w.events as version,
                 w.expected = coalesce((select s.version from {schema}.mt_streams s where s.id = w.stream), 0) as accepted
          from unnest(?, ?, ?) with ordinality as w(stream, expected, events, place)
        ), verdict as materialized (
          select array_agg(accepted order by place) as accepted from wanted
        ), streams as (
          insert into {schema}.mt_streams (id, version, timestamp, created)
          select stream, version, ?, ? from wanted where accepted order by stream
          on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp
        ), written as (
          insert into {schema}.mt_events
            (seq_id, timestamp, stream_id, version, id, type, mt_dotnet_type, data, correlation_id, causation_id, user_name)
          select nextval('{schema}.mt_events_sequence'), ?, e.stream, e.version, e.id, e.type, e.dotnet, e.data, e.correlation, e.causation, e.actor
          from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as e(place, stream, version, id, type, dotnet, data, correlation, causation, actor)
          where (select accepted from verdict)[e.place]
          returning seq_id
        )
        select (select coalesce(max(seq_id), 0) from {schema}.mt_events), (select accepted from verdict), array(select seq_id from written)
        """;

    private sealed record Row(int Append, long Version, IEvent Event, string Json, Origin Origin);
}
