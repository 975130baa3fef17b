using System.Diagnostics;
using Npgsql;

namespace IaaS.Benchmarks;

/// <summary>
/// The raw limit: the same events, as many and as large, put into the same PostgreSQL by a plain set-based insert into a table with the
/// same columns and indexes as the log's, one commit for each thousand, with nothing else around it.
/// </summary>
internal static class RawInsert
{
    private const int Batch = 1_000;

    public sealed record Limit(long Events, long Bytes, TimeSpan Took)
    {
        public double EventsPerSecond => Events / Took.TotalSeconds;
    }

    public static async Task<long> HeadAsync(string postgres)
    {
        await using var db = NpgsqlDataSource.Create(postgres);
        await using var command = db.CreateCommand("select coalesce(max(seq_id), 0) from events.mt_events");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <param name="postgres">The server's database.</param>
    /// <param name="after">The events after this position are those that are inserted again.</param>
    public static async Task<Limit> MeasureAsync(string postgres, long after)
    {
        await using var db = NpgsqlDataSource.Create(postgres);
        await ExecuteAsync(db, """
            drop table if exists raw_events;
            create table raw_events (like events.mt_events including defaults including indexes);
            """);
        var batches = await ReadAsync(db, after);
        var started = Stopwatch.GetTimestamp();
        foreach (var batch in batches)
        {
            await using var insert = db.CreateCommand("""
                insert into raw_events (seq_id, id, stream_id, version, data, type, timestamp, user_name, correlation_id, causation_id)
                select * from unnest($1::bigint[], $2::uuid[], $3::varchar[], $4::bigint[], $5::jsonb[], $6::varchar[], $7::timestamptz[], $8::varchar[], $9::varchar[], $10::varchar[])
                """);
            foreach (var column in batch.Columns) insert.Parameters.Add(new NpgsqlParameter { Value = column });
            await insert.ExecuteNonQueryAsync();
        }

        var took = Stopwatch.GetElapsedTime(started);
        await ExecuteAsync(db, "drop table raw_events");
        return new Limit(batches.Sum(b => (long)b.Count), batches.Sum(b => b.Bytes), took);
    }

    private static async Task<List<Rows>> ReadAsync(NpgsqlDataSource db, long after)
    {
        await using var command = db.CreateCommand("""
            select seq_id, id, stream_id, version, data::text, type, timestamp, user_name, correlation_id, causation_id
            from events.mt_events where seq_id > $1 order by seq_id
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = after });
        await using var reader = await command.ExecuteReaderAsync();
        List<Rows> batches = [];
        var rows = new Rows();
        while (await reader.ReadAsync())
        {
            rows.Add(reader);
            if (rows.Count < Batch) continue;
            batches.Add(rows);
            rows = new Rows();
        }

        if (rows.Count > 0) batches.Add(rows);
        return batches;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource db, string sql)
    {
        await using var command = db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Rows
    {
        private readonly List<long> positions = [];
        private readonly List<Guid> ids = [];
        private readonly List<long> versions = [];
        private readonly List<DateTime> times = [];
        private readonly List<string>[] texts = [[], [], [], [], [], []];

        public int Count => positions.Count;

        public long Bytes { get; private set; }

        public IEnumerable<object> Columns =>
            [positions.ToArray(), ids.ToArray(), texts[0].ToArray(), versions.ToArray(), texts[1].ToArray(), texts[2].ToArray(), times.ToArray(), texts[3].ToArray(), texts[4].ToArray(), texts[5].ToArray()];

        public void Add(NpgsqlDataReader reader)
        {
            positions.Add(reader.GetInt64(0));
            ids.Add(reader.GetGuid(1));
            versions.Add(reader.GetInt64(3));
            times.Add(reader.GetDateTime(6));
            int[] columns = [2, 4, 5, 7, 8, 9];
            for (var i = 0; i < columns.Length; i++)
            {
                var text = reader.GetString(columns[i]);
                texts[i].Add(text);
                Bytes += text.Length;
            }
        }
    }
}
