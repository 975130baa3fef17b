using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// Appends to many streams with one statement in one round trip, which is one transaction. It writes the rows that Marten's own append
/// writes. The advisory lock, held until the commit is visible, gives all processes one order of commits, so that a position is never
/// filled in later. It is taken before the append begins, because a statement sees what was committed when it began: under the lock, it
/// sees every append there is. Both are in a function of the database: the driver sends a second statement as if it were awaited, and what does not
/// fit into the socket at once then waits for the thread pool, behind all whom the commit before has woken.
/// </summary>
internal sealed class SetBasedAppend(IReadOnlyList<Append> batch, EventNames names, DateTimeOffset at, string schema)
{
    private static readonly ConcurrentDictionary<Type, string> DotNetNames = new();

    private readonly List<Row> rows = new(batch.Sum(a => a.Events.Count));
    private readonly List<Wanted> streams = new(batch.Count);

    /// <summary>Returns when it is durable. It waits on the thread that calls: see <see cref="MartenEventStore.AppendAsync"/>.</summary>
    public Committed Execute(NpgsqlConnection connection)
    {
        AddRows();
        using var command = Statement(connection);
        (long Previous, bool[] Accepted, bool Stopped, long[] Positions) answer;
        try
        {
            answer = Read(command);
        }
        catch (NullReferenceException e)
        {
            // What Npgsql makes of a connection that broke: github.com/npgsql/npgsql/issues/6264. None that is in the pool is used again.
            NpgsqlConnection.ClearPool(connection);
            throw new NpgsqlException("The connection to the database broke while its answer was read.", e);
        }

        return Result(answer.Previous, answer.Accepted, answer.Stopped, answer.Positions);
    }

    private static (long Previous, bool[] Accepted, bool Stopped, long[] Positions) Read(NpgsqlCommand command)
    {
        using var reader = command.ExecuteReader();
        if (!reader.Read()) throw new InvalidOperationException("The append returned nothing.");
        var answer = (reader.GetInt64(0), reader.GetFieldValue<bool[]>(1), reader.GetBoolean(2), reader.GetFieldValue<long[]>(3));
        // Only then the transaction has ended: before, nothing is durable yet.
        while (reader.NextResult())
        {
            // There is no more.
        }

        return answer;
    }

    private Committed Result(long previous, bool[] accepted, bool stopped, long[] positions)
    {
        Array.Sort(positions);
        List<Recorded> written = new(positions.Length);
        foreach (var row in rows)
        {
            if (accepted[row.Stream] && written.Count < positions.Length) written.Add(new(row.Event, streams[row.Stream].Stream, row.Version, positions[written.Count], at, row.Origin));
        }

        var refused = streams.Where((_, i) => !accepted[i]).Select(s => s.Stream).ToHashSet(StringComparer.Ordinal);
        var conflicts = refused.Count == 0 ? [] : Enumerable.Range(0, batch.Count).Where(i => refused.Contains(batch[i].Stream)).ToHashSet();
        var expected = stopped ? 0 : rows.Count - conflicts.Sum(i => batch[i].Events.Count);
        if (written.Count != positions.Length || written.Count != expected)
            throw new InvalidOperationException($"{positions.Length} events were written where {written.Count} were accepted.");
        return new(previous, written, conflicts);
    }

    private NpgsqlCommand Statement(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand($"select * from {Function(schema)}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)", connection);
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(streams, s => s.Stream));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, Of(streams, s => s.ExpectedVersion));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, Of(streams, s => s.Events));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Boolean, Of(streams, s => s.Binds));
        Add(NpgsqlDbType.TimestampTz, at.UtcDateTime);
        Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, Of(rows, r => r.Stream + 1));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => streams[r.Stream].Stream));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, Of(rows, r => r.Version));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Uuid, Ids(rows.Count));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => names.NameOf(r.Event.GetType())));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => DotNetName(r.Event.GetType())));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Jsonb, Of(rows, r => r.Json));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => r.Origin.Correlation));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => r.Origin.Causation));
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, Of(rows, r => r.Origin.Actor));
        return command;

        void Add<T>(NpgsqlDbType type, T value) => command.Parameters.Add(new NpgsqlParameter<T> { NpgsqlDbType = type, TypedValue = value });
    }

    private static T[] Of<TSource, T>(IReadOnlyList<TSource> of, Func<TSource, T> value)
    {
        var values = new T[of.Count];
        for (var i = 0; i < values.Length; i++) values[i] = value(of[i]);
        return values;
    }

    private void AddRows()
    {
        var places = new Dictionary<string, int>(batch.Count, StringComparer.Ordinal);
        foreach (var append in batch)
        {
            if (places.TryGetValue(append.Stream, out var place))
            {
                streams[place] = streams[place].And(append);
            }
            else
            {
                places[append.Stream] = place = streams.Count;
                streams.Add(new Wanted(append.Stream, append.ExpectedVersion, append.Events.Count, append.Binds));
            }

            for (var i = 0; i < append.Events.Count; i++) rows.Add(RowOf(place, append, i));
        }
    }

    private static Row RowOf(int place, Append append, int index)
    {
        var happened = append.Events[index];
        var json = JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), EventTables.Json);
        if (StorableText.MayDiffer(json))
        {
            // What the caller folds now must be what is folded from the store later.
            json = Encoding.UTF8.GetBytes(StorableText.OfJson(Encoding.UTF8.GetString(json)));
            happened = (IEvent)JsonSerializer.Deserialize(json, happened.GetType(), DomainJson.Options)!;
        }

        return new Row(place, append.ExpectedVersion + index + 1, happened, json, StorableText.Of(append.Origins[index]));
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

    /// <summary>The name of the function that appends, with its schema.</summary>
    internal static string Function(string schema) => $"{schema}.append_{EventTables.Revision}";

    /// <summary>The function that appends. Its name has the revision of the tables: of two versions of the program on one database each has its own.</summary>
    // The version of each stream is looked up one by one in the primary key, whatever the planner thinks of the table's size: the connection says so.
    // Events are unnested side by side as columns and not in the from clause, which would keep each array's elements before it joins them.
    // A writer that does not take the lock still meets the unique index on stream and version, which fails the whole statement.
    public static string FunctionDdl(string schema) => $"""
        create or replace function {Function(schema)}(
          text[], bigint[], int[], boolean[], timestamptz, int[], text[], bigint[], uuid[], text[], text[], jsonb[], text[], text[], text[])
        returns table (before_it bigint, streams_accepted boolean[], all_stopped boolean, positions bigint[]) language plpgsql as $append$
        begin
          perform pg_advisory_xact_lock(hashtext('iaas.append'), hashtext('{schema}'));
          return query
          with wanted as materialized (
            select w.place, w.stream, w.expected + w.events as version, w.binds,
                   w.expected = coalesce((select s.version from {schema}.mt_streams s where s.id = w.stream), 0) as accepted
            from unnest($1, $2, $3, $4) with ordinality as w(stream, expected, events, binds, place)
          ), verdict as materialized (
            select array_agg(accepted order by place) as accepted, bool_or(binds and not accepted) as stopped from wanted
          ), streams as (
            insert into {schema}.mt_streams (id, version, timestamp, created)
            select stream, version, $5, $5 from wanted where accepted and not (select stopped from verdict) order by stream
            on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp
          ), written as (
            insert into {schema}.mt_events
              (seq_id, timestamp, stream_id, version, id, type, mt_dotnet_type, data, correlation_id, causation_id, user_name)
            select nextval('{schema}.mt_events_sequence'), $5, e.stream, e.version, e.id, e.type, e.dotnet, e.data, e.correlation, e.causation, e.actor
            from (select unnest($6) as place, unnest($7) as stream, unnest($8) as version, unnest($9) as id, unnest($10) as type, unnest($11) as dotnet,
                    unnest($12) as data, unnest($13) as correlation, unnest($14) as causation, unnest($15) as actor) e
            where not (select stopped from verdict) and (select accepted from verdict)[e.place]
            returning seq_id
          )
          select (select coalesce(max(seq_id), 0) from {schema}.mt_events), (select accepted from verdict), (select stopped from verdict), array(select seq_id from written);
        end
        $append$
        """;

    /// <summary>What the batch has for one stream, all of it.</summary>
    private sealed record Wanted(string Stream, long ExpectedVersion, int Events, bool Binds)
    {
        public Wanted And(Append further) => this with { Events = Events + further.Events.Count, Binds = Binds || further.Binds };
    }

    /// <param name="Stream">Its place among the streams.</param>
    private sealed record Row(int Stream, long Version, IEvent Event, byte[] Json, Origin Origin);
}
