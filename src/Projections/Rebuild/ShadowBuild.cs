using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Rebuild;

/// <summary>
/// Tables of some views, filled from the log in a schema of their own beside those that serve. Their checkpoints are beside them, so a
/// build that was killed goes on where it was.
/// </summary>
internal sealed class ShadowBuild(NpgsqlDataSource db, IFeed feed, TimeProvider time, IReadOnlyList<ViewShape> views, string schema)
{
    private const int Batch = 5_000;
    private const int CachedRows = 100_000;

    private readonly ProjectorTransaction transaction = new(db, time, schema);
    private readonly List<ViewFold> folds = [.. views.Select(v => v.NewFold(CachedRows, schema))];
    private long began;
    private long events;

    public BuildProgress Progress { get; private set; } = new(0, 0, 0);

    public long Position => folds.Min(f => f.Position);

    /// <summary>Why it cannot go on; null while it can.</summary>
    public ViewFailure? Failure => folds.Select(f => f.Failure).FirstOrDefault(f => f is not null);

    public ViewFailure? FailureOf(ViewShape view) => folds.Single(f => f.Shape == view).Failure;

    /// <summary>Creates the tables, or takes up those of an earlier build of the same declarations.</summary>
    public async Task OpenAsync(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var creation = await connection.BeginTransactionAsync(ct);
        await ViewTables.ExecuteAsync(connection, ViewTables.Kernel(schema), ct);
        var stored = await ViewTables.LoadAsync(connection, ct, schema);
        foreach (var view in views.Where(v => !ViewTables.IsCurrent(v, stored)))
        {
            await ViewTables.ExecuteAsync(connection, ViewDdl.Drop(view, schema) + ViewDdl.Create(view, schema), ct);
            await ViewTables.SetAsync(connection, schema, view, position: 0, stale: false, time.GetUtcNow(), ct);
        }

        await creation.CommitAsync(ct);
        stored = await ViewTables.LoadAsync(connection, ct, schema);
        var skipped = await new ViewTables(db, views).SkippedAsync(ct);
        foreach (var fold in folds) fold.Open(stored[fold.Shape.Name], skipped[fold.Shape.Name].ToHashSet(), isCurrent: true, retry: true);
        (began, events) = (time.GetTimestamp(), 0);
        Progress = new(Position, 0, 0);
    }

    /// <summary>Goes on to a position, or to the end of the log as it is when it comes there. Stops early at an event that a view cannot take.</summary>
    public async Task AdvanceAsync(long until, CancellationToken ct)
    {
        var next = feed.ReadAsync(Position, Batch, ct);
        while (Failure is null && await next is { Count: > 0 } page)
        {
            // The page after this one is read while this one is applied.
            next = feed.ReadAsync(page[^1].Position, Batch, ct);
            var wanted = page[^1].Position <= until ? page : [.. page.TakeWhile(e => e.Position <= until)];
            if (wanted.Count > 0) await ApplyAsync(wanted, ct);
            if (wanted.Count < page.Count) break;
        }

        await next;
    }

    /// <summary>Removes the tables.</summary>
    public async Task DropAsync(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await ViewTables.ExecuteAsync(connection, ViewTables.Kernel(schema), ct);
        foreach (var view in views) await ViewTables.ExecuteAsync(connection, $"{ViewDdl.Drop(view, schema)}delete from {schema}.checkpoint where view = '{view.Name}'", ct);
    }

    private async Task ApplyAsync(IReadOnlyList<Recorded> page, CancellationToken ct)
    {
        foreach (var fold in folds) fold.Begin(page);
        await transaction.LoadAsync(folds, ct);
        foreach (var fold in folds) fold.Fold();
        try
        {
            await transaction.WriteAsync(folds, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (!await transaction.TryBlameAsync(e, folds, ct)) throw;
            // Once more, so that the others come as far as they can, and that what stopped one is stored.
            await ApplyAsync(page, ct);
            return;
        }

        foreach (var fold in folds) fold.Commit();
        events += page.Count;
        Progress = new(Position, events, events / Math.Max(0.001, time.GetElapsedTime(began).TotalSeconds));
    }
}
