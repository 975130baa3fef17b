using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Commands.Stores.Marten;

/// <summary>
/// Appends a batch of streams to Marten's tables: one round trip, one transaction, whatever the number of streams. A stream that has
/// moved past its expected version falls out of the join and is not written; the others are.
/// </summary>
/// <remarks>
/// Writers of all processes take turns by an advisory lock, so positions become visible in the order of commits and readers need no
/// gap detection. The lock is a statement of its own: the ones after it see all that its last holder committed.
/// </remarks>
internal sealed class AppendStatement(EventNames names, TimeProvider time)
{
    internal const string HeadSql = $"select coalesce((select seq_id from {MartenEventStore.Schema}.mt_events order by seq_id desc limit 1), 0)";

    // Any number, the same in every process.
    private const string LockSql = "select pg_advisory_xact_lock(5281943177410220)";

    private const string AppendSql = $"""
        with streams as (
          select * from unnest($1::varchar[], $2::bigint[], $3::bigint[]) as s(id, expected, added)
        ), moved as (
          update {MartenEventStore.Schema}.mt_streams m set version = s.expected + s.added, timestamp = $4
          from streams s where s.expected > 0 and m.id = s.id and m.version = s.expected returning m.id
        ), begun as (
          insert into {MartenEventStore.Schema}.mt_streams (id, version, timestamp, created)
          select id, added, $4, $4 from streams where expected = 0 on conflict (id) do nothing returning id
        ), taken as (select id from moved union all select id from begun)
        insert into {MartenEventStore.Schema}.mt_events (seq_id, id, stream_id, version, data, type, timestamp, user_name, correlation_id, causation_id)
        select nextval('{MartenEventStore.Schema}.mt_events_sequence'), e.event, e.stream, e.version, e.data, e.type, $4, e.actor, e.correlation, e.causation
        from (select n.* from unnest($5::uuid[], $6::varchar[], $7::bigint[], $8::jsonb[], $9::varchar[], $10::varchar[], $11::varchar[], $12::varchar[])
          with ordinality as n(event, stream, version, data, type, actor, correlation, causation, place)
          join taken on taken.id = n.stream order by n.place) e
        returning seq_id, stream_id
        """;

    public async Task<Committed> ExecuteAsync(NpgsqlConnection connection, IReadOnlyList<Append> batch, CancellationToken ct)
    {
        var now = Microseconds(time.GetUtcNow());
        await using var commands = new NpgsqlBatch(connection) { BatchCommands = { new(LockSql), new(HeadSql), Command(batch, now) } };
        await using var reader = await commands.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        var previous = reader.GetInt64(0);
        await reader.NextResultAsync(ct);

        var positions = new Dictionary<string, long>(batch.Count, StringComparer.Ordinal);
        while (await reader.ReadAsync(ct)) positions.TryAdd(reader.GetString(1), reader.GetInt64(0));
        return Match(batch, now, previous, positions);
    }

    /// <summary>A stream's events are numbered one after the other, so the position of its first tells those of all.</summary>
    private static Committed Match(IReadOnlyList<Append> batch, DateTimeOffset now, long previous, Dictionary<string, long> first)
    {
        HashSet<int> conflicts = [];
        List<Recorded> written = [];
        for (var i = 0; i < batch.Count; i++)
        {
            var append = batch[i];
            if (!first.TryGetValue(append.Stream, out var position))
            {
                conflicts.Add(i);
                continue;
            }

            for (var e = 0; e < append.Events.Count; e++)
            {
                written.Add(new Recorded(append.Events[e], append.Stream, append.ExpectedVersion + 1 + e, position + e, now, append.Origins[e]));
            }
        }

        return new Committed(previous, written, conflicts);
    }

    private NpgsqlBatchCommand Command(IReadOnlyList<Append> batch, DateTimeOffset now)
    {
        var count = batch.Sum(a => a.Events.Count);
        var ids = new Guid[count];
        var (streams, versions, data, types) = (new string[count], new long[count], new string[count], new string[count]);
        var (actors, correlations, causations) = (new string[count], new string[count], new string[count]);
        var at = 0;
        foreach (var append in batch)
        {
            for (var e = 0; e < append.Events.Count; e++, at++)
            {
                var happened = append.Events[e];
                ids[at] = Guid.CreateVersion7(now);
                streams[at] = append.Stream;
                versions[at] = append.ExpectedVersion + 1 + e;
                data[at] = Write(happened);
                types[at] = names.NameOf(happened.GetType());
                (actors[at], correlations[at], causations[at]) = (append.Origins[e].Actor, append.Origins[e].Correlation, append.Origins[e].Causation);
            }
        }

        return new NpgsqlBatchCommand(AppendSql)
        {
            Parameters =
            {
                Array(batch.Select(a => a.Stream).ToArray(), NpgsqlDbType.Varchar),
                Array(batch.Select(a => a.ExpectedVersion).ToArray(), NpgsqlDbType.Bigint),
                Array(batch.Select(a => (long)a.Events.Count).ToArray(), NpgsqlDbType.Bigint),
                new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                Array(ids, NpgsqlDbType.Uuid), Array(streams, NpgsqlDbType.Varchar), Array(versions, NpgsqlDbType.Bigint), Array(data, NpgsqlDbType.Jsonb),
                Array(types, NpgsqlDbType.Varchar), Array(actors, NpgsqlDbType.Varchar), Array(correlations, NpgsqlDbType.Varchar), Array(causations, NpgsqlDbType.Varchar),
            },
        };
    }

    /// <summary>PostgreSQL's JSON cannot hold a null character. The API refuses one; should one come from elsewhere, it must not take a whole batch down.</summary>
    private static string Write(IEvent happened)
    {
        var json = JsonSerializer.Serialize(happened, happened.GetType(), DomainJson.Options);
        return json.Contains("\\u0000", StringComparison.Ordinal) ? json.Replace("\\u0000", "\\ufffd", StringComparison.Ordinal) : json;
    }

    private static NpgsqlParameter Array<T>(T[] values, NpgsqlDbType type) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    /// <summary>What the database can hold, so that what is told now and what is read later are the same.</summary>
    private static DateTimeOffset Microseconds(DateTimeOffset at) => new(at.Ticks - (at.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
