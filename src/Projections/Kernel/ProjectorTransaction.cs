using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>The two round trips of a batch: the rows that it needs, and all rows and checkpoints that it leaves, in one transaction.</summary>
internal sealed class ProjectorTransaction(NpgsqlDataSource db, TimeProvider time, string schema = ViewTables.Schema)
{
    // Comes first, so that it locks the checkpoints: of two projectors the second waits, and then finds them moved.
    private readonly string moveCheckpoints = $"""
        update {schema}.checkpoint c set position = n.position, updated_at = $4, failed_at = n.failed_at,
          failed_stream = n.failed_stream, error = n.error
        from unnest($1::text[], $2::bigint[], $3::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::bigint[])
          as n(view, expected, position, failed_at, failed_stream, error, fingerprint, epoch)
        where c.view = n.view and c.position = n.expected and c.fingerprint = n.fingerprint and c.epoch = n.epoch
        """;

    public async Task LoadAsync(List<ViewFold> folds, CancellationToken ct)
    {
        var loads = folds.Select(f => (Fold: f, Command: f.Load())).Where(l => l.Command is not null).ToList();
        if (loads.Count == 0) return;
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (_, command) in loads) batch.BatchCommands.Add(command!);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        foreach (var (fold, _) in loads)
        {
            await fold.ReadAsync(reader, ct);
            await reader.NextResultAsync(ct);
        }
    }

    public async Task WriteAsync(List<ViewFold> folds, CancellationToken ct)
    {
        if (folds.Count == 0) return;
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        // A crash may lose the last transactions whole, rows and checkpoint together: the log has them, and they are applied again.
        batch.BatchCommands.Add(new("set local synchronous_commit = off"));
        var checkpoints = Checkpoints(folds);
        batch.BatchCommands.Add(checkpoints);
        foreach (var fold in folds)
        {
            foreach (var command in fold.Write()) batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(ct);
        if (checkpoints.RecordsAffected != folds.Count)
        {
            throw new DBConcurrencyException("Another projector has moved the checkpoints; this one takes up from where they are now.");
        }

        await transaction.CommitAsync(ct);
    }

    /// <summary>
    /// Stops each view whose rows the database refuses for what they are (a NUL in a text, a null where none may be), so that
    /// the others go on: each view's writes are tried alone and rolled back. False for every other failure: those pass with time.
    /// </summary>
    public async Task<bool> TryBlameAsync(Exception cause, IEnumerable<ViewFold> folds, CancellationToken ct)
    {
        if (!IsRefusal(cause)) return false;
        var blamed = false;
        foreach (var fold in folds)
        {
            await using var connection = await db.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using var batch = new NpgsqlBatch(connection, transaction);
            try
            {
                foreach (var command in fold.Write()) batch.BatchCommands.Add(command);
                if (batch.BatchCommands.Count == 0) continue;
                await batch.ExecuteNonQueryAsync(ct);
            }
            catch (Exception e) when (IsRefusal(e))
            {
                fold.Block(e);
                blamed = true;
            }
        }

        return blamed;
    }

    // Data exceptions, broken constraints and values too large for an index; and what cannot even be written, as a number
    // that is no member of its enum. A lost connection, a cancellation, another projector are none.
    private static bool IsRefusal(Exception cause) => cause switch
    {
        PostgresException e => e.SqlState is ['2', '2' or '3', ..] or "54000",
        NpgsqlException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or DBConcurrencyException => false,
        _ => true,
    };

    private NpgsqlBatchCommand Checkpoints(List<ViewFold> folds) => new(moveCheckpoints)
    {
        Parameters =
        {
            Array(folds, f => f.Shape.Name, NpgsqlDbType.Text),
            Array(folds, f => f.Position, NpgsqlDbType.Bigint),
            Array(folds, f => f.NextPosition, NpgsqlDbType.Bigint),
            new() { Value = time.GetUtcNow().ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
            Array(folds, f => f.NextFailure?.Position, NpgsqlDbType.Bigint),
            Array(folds, f => Storable(f.NextFailure?.Stream), NpgsqlDbType.Text),
            Array(folds, f => Storable(f.NextFailure?.Error), NpgsqlDbType.Text),
            Array(folds, f => f.Shape.Fingerprint, NpgsqlDbType.Text),
            Array(folds, f => f.Epoch, NpgsqlDbType.Bigint),
        },
    };

    private static string? Storable(string? text) => text is null || FieldCodec.IsStorable(text) ? text : "(unprintable)";

    private static NpgsqlParameter Array<T>(List<ViewFold> folds, Func<ViewFold, T> value, NpgsqlDbType type) =>
        new() { Value = folds.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
