using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>
/// The tables behind some views. All text is collated "C", so that the order of the database is the ordinal order of the program and
/// a keyset cursor means the same to both.
/// </summary>
public sealed class ViewTables(NpgsqlDataSource db, IReadOnlyList<ViewShape> views)
{
    /// <summary>Where readers and the projector find the tables. Others of the same names, in other schemas, are on their way to replace them.</summary>
    public const string Schema = "read";

    internal const string CheckpointTable = "read.checkpoint";

    // Any number, the same on every node: one of them creates tables at a time.
    private const long CreationLock = 0x49614153_52656164;

    public IReadOnlyList<ViewShape> Views => views;

    /// <summary>The quoted table of a view's rows.</summary>
    public static string TableOf(ViewShape view, string schema = Schema) => $"{schema}.\"view_{view.Name}\"";

    /// <summary>Versions of rows that were, each with the positions at which it began and ended; see <see cref="ViewHistory"/>.</summary>
    public static string PastOf(ViewShape view, string schema = Schema) => $"{schema}.\"past_{view.Name}\"";

    /// <summary>What creates the tables of a view and their indexes; the same text for the same shape.</summary>
    public static string Ddl(ViewShape view) => ViewDdl.Create(view);

    /// <summary>
    /// Creates what is missing. The tables of a view whose version or shape differs from what is stored are brought to the new shape, so
    /// that they serve on, and marked as stale: they are to be rebuilt. Safe to call from several nodes at once. Throws when the
    /// database cannot be reached.
    /// </summary>
    public async Task EnsureAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({CreationLock})", ct);
        await ExecuteAsync(connection, Kernel(Schema), ct);
        var stored = await LoadAsync(connection, ct);
        foreach (var view in views.Where(v => !IsCurrent(v, stored)))
        {
            var serves = stored.TryGetValue(view.Name, out var old) && await ViewAdaptation.TryAsync(connection, transaction, view, ct);
            if (!serves)
            {
                await ExecuteAsync(connection, ViewDdl.Drop(view), ct);
                await ExecuteAsync(connection, Ddl(view), ct);
            }

            await SetAsync(connection, Schema, view, serves ? old!.Position : 0, stale: serves, now, ct);
        }

        await ExecuteAsync(connection, $"set local client_min_messages = warning; {string.Concat(views.Select(v => ViewDdl.Further(v)))}", ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>The checkpoints as stored, by view. A view of another version or shape than this program's is among them.</summary>
    public async Task<IReadOnlyDictionary<string, Checkpoint>> LoadAsync(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        return await LoadAsync(connection, ct);
    }

    /// <summary>The events that an operator told a view to leave out, by view.</summary>
    public async Task<ILookup<string, long>> SkippedAsync(CancellationToken ct)
    {
        await using var command = db.CreateCommand($"select view, version, position from {Schema}.skipped");
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<(string View, long Position)> skipped = [];
        while (await reader.ReadAsync(ct))
        {
            var view = reader.GetString(0);
            // Another version may well take it.
            if (views.Any(v => string.Equals(v.Name, view, StringComparison.Ordinal) && v.Type.Version == reader.GetInt32(1))) skipped.Add((view, reader.GetInt64(2)));
        }

        return skipped.ToLookup(s => s.View, s => s.Position, StringComparer.Ordinal);
    }

    internal static string Kernel(string schema) => $"""
        create schema if not exists {schema};
        create table if not exists {schema}.checkpoint (
          view text collate "C" primary key,
          version integer not null,
          fingerprint text not null,
          position bigint not null,
          updated_at timestamptz not null,
          failed_at bigint,
          failed_stream text,
          error text);
        alter table {schema}.checkpoint add column if not exists epoch bigint not null default 0, add column if not exists stale boolean not null default false;
        create table if not exists {Schema}.skipped (
          view text collate "C" not null,
          version integer not null,
          position bigint not null,
          stream text not null,
          error text not null,
          actor text not null,
          reason text not null,
          at timestamptz not null,
          primary key (view, version, position));
        """;

    internal static bool IsCurrent(ViewShape view, IReadOnlyDictionary<string, Checkpoint> stored) =>
        stored.TryGetValue(view.Name, out var found) && found.Version == view.Type.Version
        && string.Equals(found.Fingerprint, view.Fingerprint, StringComparison.Ordinal);

    internal static async Task<IReadOnlyDictionary<string, Checkpoint>> LoadAsync(NpgsqlConnection connection, CancellationToken ct, string schema = Schema)
    {
        await using var command = new NpgsqlCommand(
            $"select view, version, fingerprint, position, failed_at, coalesce(failed_stream, ''), coalesce(error, ''), epoch, stale from {schema}.checkpoint", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<string, Checkpoint>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            var view = reader.GetString(0);
            found[view] = new(view, reader.GetInt32(1), reader.GetString(2), reader.GetInt64(3),
                await reader.IsDBNullAsync(4, ct) ? null : new ViewFailure(reader.GetInt64(4), reader.GetString(5), reader.GetString(6)), reader.GetInt64(7), reader.GetBoolean(8));
        }

        return found;
    }

    /// <summary>Says where the tables of a view stand, that nothing has stopped it, and that they are others than before.</summary>
    internal static async Task SetAsync(NpgsqlConnection connection, string schema, ViewShape view, long position, bool stale, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            insert into {schema}.checkpoint (view, version, fingerprint, position, updated_at, stale) values ($1, $2, $3, $4, $5, $6)
            on conflict (view) do update set version = excluded.version, fingerprint = excluded.fingerprint, position = excluded.position,
              updated_at = excluded.updated_at, stale = excluded.stale, epoch = {schema}.checkpoint.epoch + 1, failed_at = null, failed_stream = null, error = null
            """, connection)
        {
            Parameters =
            {
                new() { Value = view.Name }, new() { Value = view.Type.Version }, new() { Value = view.Fingerprint }, new() { Value = position },
                new() { Value = now.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz }, new() { Value = stale },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static string Collation(ViewField field) =>
        field.SqlType.StartsWith("text", StringComparison.Ordinal) ? " collate \"C\"" : "";

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
