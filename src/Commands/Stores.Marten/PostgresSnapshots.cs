using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Commands.Stores.Marten;

/// <summary>A row for each long stream, beside the log. The table may be emptied at any time: owners then read whole streams once more.</summary>
internal sealed class PostgresSnapshots(NpgsqlDataSource source, string schema) : ISnapshots
{
    private readonly string find = $"select version, program, actor, correlation, causation, state from {schema}.stream_snapshots where stream = $1";

    private readonly string keep = $"""
        insert into {schema}.stream_snapshots as s (stream, version, program, actor, correlation, causation, state) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (stream) do update set version = excluded.version, program = excluded.program, actor = excluded.actor,
          correlation = excluded.correlation, causation = excluded.causation, state = excluded.state
        where s.version <= excluded.version or s.program <> excluded.program
        """;

    internal static string Table(string schema) => $"""
        create table if not exists {schema}.stream_snapshots (
          stream text primary key, version bigint not null, program text not null,
          actor text not null, correlation text not null, causation text not null, state bytea not null)
        """;

    public async Task<StreamSnapshot?> FindAsync(string stream, CancellationToken ct)
    {
        await using var command = source.CreateCommand(find);
        command.Parameters.Add(new() { Value = stream });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new StreamSnapshot(stream, reader.GetInt64(0), reader.GetString(1), new Origin(reader.GetString(2), reader.GetString(3), reader.GetString(4)), reader.GetFieldValue<byte[]>(5))
            : null;
    }

    public async Task KeepAsync(StreamSnapshot snapshot, CancellationToken ct)
    {
        await using var command = source.CreateCommand(keep);
        foreach (object value in new object[] { snapshot.Stream, snapshot.Version, snapshot.Program, snapshot.BegunBy.Actor, snapshot.BegunBy.Correlation, snapshot.BegunBy.Causation, snapshot.State })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }
}
