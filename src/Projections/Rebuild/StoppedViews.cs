using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Rebuild;

/// <summary>An event that an operator told a view to leave out.</summary>
/// <param name="Version">Of the view; another version takes the event again.</param>
/// <param name="Error">What the event did to the view.</param>
/// <param name="Actor">Who said so.</param>
/// <param name="Reason">In the operator's words.</param>
public sealed record SkippedEvent(int Version, long Position, string Stream, string Error, string Actor, string Reason, DateTimeOffset At);

/// <summary>Sets a view going again that has stopped at an event.</summary>
public sealed class StoppedViews(NpgsqlDataSource db, Projector projector, Rebuilder rebuilder, TimeProvider time)
{
    /// <summary>Positions that a view may be behind to catch up among the others; from further back it would hold them up, and is built beside them.</summary>
    private const long Near = 20_000;

    /// <summary>Tries the event again. Refused with <c>projection.not-stopped</c>.</summary>
    public async Task<Rejection?> RetryAsync(ViewShape view, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        var stored = await ViewTables.LoadAsync(connection, ct);
        if (stored.GetValueOrDefault(view.Name) is not { Failure: { } failure }) return NotStopped(view);
        Resume(view, failure);
        return null;
    }

    /// <summary>Leaves out the event that has stopped a view, this one only. Refused with <c>projection.not-stopped</c> and <c>projection.not-there</c>.</summary>
    /// <param name="position">Of the event, so that nobody skips another one than he means.</param>
    public async Task<Rejection?> SkipAsync(ViewShape view, long position, string actor, string reason, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ViewTables.ExecuteAsync(connection, $"select 1 from {ViewTables.CheckpointTable} where view = '{view.Name}' for update", ct);
        var stored = await ViewTables.LoadAsync(connection, ct);
        if (stored.GetValueOrDefault(view.Name) is not { Failure: { } failure }) return NotStopped(view);
        if (failure.Position != position)
        {
            return new(RejectionKind.Conflict, "projection.not-there",
                $"View {view.Name} has stopped at position {failure.Position}, not at {position}. Look at that event, and name its position.");
        }

        await using (var command = new NpgsqlCommand(
            $"insert into {ViewTables.Schema}.skipped (view, version, position, stream, error, actor, reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing", connection)
        {
            Parameters =
            {
                new() { Value = view.Name }, new() { Value = view.Type.Version }, new() { Value = position }, new() { Value = failure.Stream }, new() { Value = failure.Error },
                new() { Value = actor }, new() { Value = reason }, new() { Value = time.GetUtcNow().ToUniversalTime() },
            },
        })
        {
            await command.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
        Resume(view, failure);
        return null;
    }

    /// <summary>What was ever skipped of a view, oldest first.</summary>
    public async Task<IReadOnlyList<SkippedEvent>> SkippedAsync(ViewShape view, CancellationToken ct)
    {
        await using var command = db.CreateCommand($"select version, position, stream, error, actor, reason, at from {ViewTables.Schema}.skipped where view = $1 order by at, position");
        command.Parameters.Add(new() { Value = view.Name });
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<SkippedEvent> skipped = [];
        while (await reader.ReadAsync(ct))
        {
            skipped.Add(new(reader.GetInt32(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), await reader.GetFieldValueAsync<DateTimeOffset>(6, ct)));
        }

        return skipped;
    }

    private void Resume(ViewShape view, ViewFailure failure)
    {
        if (projector.Position - failure.Position <= Near) projector.Reopen(view);
        else rebuilder.TryAsk(BuildKind.Rebuild, view);
    }

    private static Rejection NotStopped(ViewShape view) => new(RejectionKind.Conflict, "projection.not-stopped", $"View {view.Name} runs; nothing has stopped it.");
}
