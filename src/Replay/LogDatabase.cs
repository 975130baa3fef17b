using System.Runtime.CompilerServices;
using System.Text.Json;
using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Replay;

/// <summary>The log in the database of a control plane. It is read in one statement; the session refuses to write.</summary>
public static class LogDatabase
{
    private const string Sql = """
        select seq_id, stream_id, version, timestamp, type, user_name, correlation_id, causation_id, data
        from events.mt_events where seq_id <= $1 order by seq_id
        """;

    /// <exception cref="ReplayException">The database does not answer, or holds no log.</exception>
    public static async IAsyncEnumerable<LogRow> ReadAsync(string connectionString, long until, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(ReadOnly(connectionString));
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = until } } };
        // A long log takes its time; Ctrl-C ends it.
        command.CommandTimeout = 0;
        await using var reader = await BeginAsync(command, ct);
        while (await NextAsync(reader, ct))
        {
            var data = JsonSerializer.Deserialize<JsonElement>(reader.GetFieldValue<byte[]>(8));
            yield return new(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), new(reader.GetDateTime(3), TimeSpan.Zero), reader.GetString(4),
                new Origin(Text(reader, 5), Text(reader, 6), Text(reader, 7)), data);
        }
    }

    private static string ReadOnly(string connectionString)
    {
        try
        {
            var asked = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "iaas-replay", Pooling = false };
            asked.Options = $"{asked.Options} -c default_transaction_read_only=on".Trim();
            return asked.ConnectionString;
        }
        catch (ArgumentException e)
        {
            throw new ReplayException($"This is no connection string: {e.Message}", e);
        }
    }

    private static async Task<NpgsqlDataReader> BeginAsync(NpgsqlCommand command, CancellationToken ct)
    {
        try
        {
            await command.Connection!.OpenAsync(ct);
            return await command.ExecuteReaderAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            throw new ReplayException("The database holds no log: it has no table events.mt_events.", e);
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException)
        {
            throw new ReplayException($"The database does not answer: {e.Message}. Is its server running?", e);
        }
    }

    private static async Task<bool> NextAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadAsync(ct);
        }
        catch (NpgsqlException e)
        {
            throw new ReplayException($"The database broke off: {e.Message}", e);
        }
    }

    private static string Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? "" : row.GetString(column);
}
