using Npgsql;

namespace IaaS.Projections.Kernel;

/// <summary>
/// The tables behind some views. All text is collated "C", so that the order of the database is the ordinal order of the program and
/// a keyset cursor means the same to both.
/// </summary>
public sealed class ViewTables(NpgsqlDataSource db, IReadOnlyList<ViewShape> views)
{
    public const string Schema = "read";

    internal const string CheckpointTable = "read.checkpoint";

    // Any number, the same on every node: one of them creates tables at a time.
    private const long CreationLock = 0x49614153_52656164;

    private const string Kernel = $"""
        create schema if not exists {Schema};
        create table if not exists {CheckpointTable} (
          view text collate "C" primary key,
          version integer not null,
          fingerprint text not null,
          position bigint not null,
          updated_at timestamptz not null,
          failed_at bigint,
          failed_stream text,
          error text);
        """;

    public IReadOnlyList<ViewShape> Views => views;

    /// <summary>The quoted table that readers and the projector use. A rebuild beside the live table swaps the answer here and nowhere else.</summary>
    public static string TableOf(ViewShape view) => $"{Schema}.\"view_{view.Name}\"";

    /// <summary>Versions of rows that were, each with the positions at which it began and ended; see <see cref="ViewHistory"/>.</summary>
    public static string PastOf(ViewShape view) => $"{Schema}.\"past_{view.Name}\"";

    /// <summary>What creates the tables of a view and their indexes; the same text for the same shape.</summary>
    public static string Ddl(ViewShape view) => ViewDdl.Create(view);

    /// <summary>
    /// Creates what is missing. A view whose version or shape differs from what is stored is dropped and starts again at position 0.
    /// Safe to call from several nodes at once. Throws when the database cannot be reached.
    /// </summary>
    public async Task EnsureAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({CreationLock})", ct);
        await ExecuteAsync(connection, Kernel, ct);
        var stored = await LoadAsync(connection, ct);
        foreach (var view in views.Where(v => !IsCurrent(v, stored)))
        {
            await ExecuteAsync(connection, ViewDdl.Drop(view), ct);
            await ExecuteAsync(connection, Ddl(view), ct);
            await using var command = new NpgsqlCommand($"""
                insert into {CheckpointTable} (view, version, fingerprint, position, updated_at) values ($1, $2, $3, 0, $4)
                on conflict (view) do update set version = excluded.version, fingerprint = excluded.fingerprint, position = 0,
                  updated_at = excluded.updated_at, failed_at = null, failed_stream = null, error = null
                """, connection)
            {
                Parameters =
                {
                    new() { Value = view.Name }, new() { Value = view.Type.Version }, new() { Value = view.Fingerprint }, new() { Value = now.ToUniversalTime() },
                },
            };
            await command.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }

    /// <summary>The checkpoints as stored, by view. A view of another version or shape than this program's is among them.</summary>
    public async Task<IReadOnlyDictionary<string, Checkpoint>> LoadAsync(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        return await LoadAsync(connection, ct);
    }

    internal static bool IsCurrent(ViewShape view, IReadOnlyDictionary<string, Checkpoint> stored) =>
        stored.TryGetValue(view.Name, out var found) && found.Version == view.Type.Version
        && string.Equals(found.Fingerprint, view.Fingerprint, StringComparison.Ordinal);

    internal static async Task<IReadOnlyDictionary<string, Checkpoint>> LoadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select view, version, fingerprint, position, failed_at, coalesce(failed_stream, ''), coalesce(error, '') from {CheckpointTable}", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<string, Checkpoint>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            var view = reader.GetString(0);
            found[view] = new(view, reader.GetInt32(1), reader.GetString(2), reader.GetInt64(3),
                await reader.IsDBNullAsync(4, ct) ? null : new ViewFailure(reader.GetInt64(4), reader.GetString(5), reader.GetString(6)));
        }

        return found;
    }

    internal static string Collation(ViewField field) =>
        field.SqlType.StartsWith("text", StringComparison.Ordinal) ? " collate \"C\"" : "";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
