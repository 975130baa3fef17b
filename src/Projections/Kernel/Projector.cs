using System.Collections.Concurrent;
using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Projections.Kernel;

/// <summary>
/// Brings the tables of all views up to the log. Commits in this process are pushed to it; what it misses it reads from the feed.
/// Rows and checkpoints of a batch are one transaction, which also makes sure that the checkpoints are where this projector left them:
/// a second projector on the same database cannot apply an event twice.
/// </summary>
public sealed class Projector : IFeedListener
{
    private readonly ViewTables tables;
    private readonly IFeed feed;
    private readonly TimeProvider time;
    private readonly ProjectorOptions options;
    private readonly ProjectorTransaction transaction;
    private readonly ViewFold[] folds;
    private readonly PushQueue pushed;
    private readonly PositionWaiters waiters;
    private readonly ShareOfTime share;
    private readonly List<Recorded> merged = [];
    private readonly ConcurrentDictionary<ViewShape, bool> reopening = [];
    private IReadOnlyList<ViewStatus> statuses = [];
    private bool created;
    private bool opened;
    private int failures;
    private long begun;
    private TimeSpan took;
    private long applied;
    private long batches;

    public Projector(NpgsqlDataSource db, ViewTables tables, IFeed feed, TimeProvider time, ProjectorOptions? options = null)
    {
        this.tables = tables;
        this.feed = feed;
        this.time = time;
        this.options = options ?? new();
        folds = [.. tables.Views.Select(v => v.NewFold(this.options.CachedRows))];
        transaction = new(db, time);
        pushed = new(this.options.QueuedEvents);
        waiters = new(time);
        share = new(time, this.options.Share, this.options.AheadOfShare);
    }

    /// <summary>Every event up to it is in the tables of all views that run.</summary>
    public long Position => waiters.Reached;

    /// <summary>Positions between the last event known here and <see cref="Position"/>; 0 when up to date.</summary>
    public long Lag => Math.Max(0, pushed.Head - Position);

    /// <summary>Events applied since the start of the process.</summary>
    public long Applied => Volatile.Read(ref applied);

    /// <summary>Transactions since the start of the process.</summary>
    public long Batches => Volatile.Read(ref batches);

    /// <summary>Pushed events dropped because the projector was too far behind; they were read from the feed instead.</summary>
    public long Dropped => pushed.Dropped;

    /// <summary>Each view's checkpoint and what stopped it; empty before the first contact with the database.</summary>
    public IReadOnlyList<ViewStatus> Views => Volatile.Read(ref statuses);

    /// <summary>Views whose past is not known before they are rebuilt.</summary>
    public IEnumerable<string> Stale => Views.Where(v => v.Stale).Select(v => v.View);

    /// <summary>What is being retried; null when all is well.</summary>
    public Exception? LastError { get; private set; }

    public void Publish(long previous, IReadOnlyList<Recorded> events) => pushed.Publish(previous, events);

    /// <summary>Completes when every event up to a position is in the tables of all views that run.</summary>
    /// <returns>False when the time-out passed first.</returns>
    public Task<bool> WaitForAsync(long position, TimeSpan timeout, CancellationToken ct = default) => waiters.WaitAsync(position, timeout, ct);

    /// <summary>Looks for a row. Where there is none, and the tables were not as far as the log when it looked, it waits for that and looks again.</summary>
    /// <param name="head">How far the log has come, as it is when the first look has ended.</param>
    public async Task<TRow?> FindAsync<TRow>(Func<Task<TRow?>> look, Func<long> head, TimeSpan timeout, CancellationToken ct) where TRow : class
    {
        // What comes into the tables while it looks was perhaps not seen.
        var before = Position;
        return await look() is { } row ? row
            : head() is var position && before < position && await WaitForAsync(position, timeout, ct) ? await look()
            : null;
    }

    /// <summary>Takes up a view from what the database says of it now, and tries again what stopped it.</summary>
    public void Reopen(ViewShape view)
    {
        reopening[view] = true;
        pushed.LookAtFeed();
    }

    /// <summary>Works until it is cancelled, then returns. Failures of database and feed are retried for ever.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await using var look = time.CreateTimer(_ => pushed.LookWhenIdle(), state: null, options.LookEvery, options.LookEvery);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!opened || !reopening.IsEmpty) await OpenAsync(ct);
                await StepAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                opened = false;
                LastError = e;
                options.Retrying?.Invoke(e);
                var wait = options.FirstBackOff * Math.Pow(2, Math.Min(failures++, 20));
                // Cancelled or over, the loop decides.
                await Task.Delay(wait < options.LongestBackOff ? wait : options.LongestBackOff, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        if (!created) await tables.EnsureAsync(time.GetUtcNow(), ct);
        var again = reopening.Keys.ToHashSet();
        var stored = await tables.LoadAsync(ct);
        var skipped = await tables.SkippedAsync(ct);
        foreach (var fold in folds)
        {
            fold.Open(stored.GetValueOrDefault(fold.Shape.Name), skipped[fold.Shape.Name].ToHashSet(), ViewTables.IsCurrent(fold.Shape, stored), retry: !created || again.Contains(fold.Shape));
        }

        foreach (var view in again) reopening.TryRemove(view, out _);

        created = opened = true;
        var running = folds.Where(f => f.Failure is null).Select(f => f.Position).DefaultIfEmpty(Position).Min();
        Report(running);
        pushed.LookAtFeed();
    }

    private async Task StepAsync(CancellationToken ct)
    {
        await PaceAsync(ct);
        merged.Clear();
        switch (pushed.Take(Position, options.BatchEvents, merged))
        {
            case Pending.Batch:
                await ApplyAsync(merged, ct);
                break;
            case Pending.Behind:
                await CatchUpAsync(ct);
                break;
            default:
                await pushed.WaitAsync(ct);
                break;
        }
    }

    private async Task PaceAsync(CancellationToken ct)
    {
        if (merged.Count is var before && before >= options.PacedEvents)
        {
            if (options.Pace - time.GetElapsedTime(begun) is { Ticks: > 0 } rest) await waiters.WaitForOneAsync(rest, ct);
        }
        else if (before > 0 && share.RestAfter(took) is { Ticks: > 0 } due)
        {
            await Task.Delay(due, time, ct);
        }
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        var page = await feed.ReadAsync(Position, options.BatchEvents, ct);
        if (page.Count > 0)
        {
            await ApplyAsync(page, ct);
            pushed.ReadUpTo(Position);
        }
        else if (pushed.Head > Position && !pushed.JoinsOn(Position))
        {
            // The feed is not as far as the commits that were pushed, and something before them is missing: give it a moment.
            await Task.Delay(options.FirstBackOff, time, ct);
            pushed.LookAtFeed();
        }

        Recovered();
    }

    private async Task ApplyAsync(IReadOnlyList<Recorded> events, CancellationToken ct)
    {
        (begun, took) = (time.GetTimestamp(), TimeSpan.Zero);
        var running = folds.Where(f => f.Failure is null).ToList();
        foreach (var fold in running) fold.Begin(events);
        await transaction.LoadAsync(running, ct);
        foreach (var fold in running) fold.Fold();
        try
        {
            await transaction.WriteAsync(running, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // The batch is not applied; it comes again after the next opening, without the view that is to blame.
            opened = false;
            if (await transaction.TryBlameAsync(e, running, ct)) return;
            throw;
        }

        foreach (var fold in running) fold.Commit();
        Interlocked.Add(ref applied, events.Count);
        Interlocked.Increment(ref batches);
        took = time.GetElapsedTime(begun);
        Report(events[^1].Position);
        foreach (var stopped in running.Where(f => f.Failure is not null)) options.Stopped?.Invoke(stopped.Status);
        Recovered();
    }

    private void Report(long position)
    {
        Volatile.Write(ref statuses, [.. folds.Select(f => f.Status)]);
        waiters.Advance(position);
    }

    private void Recovered()
    {
        failures = 0;
        LastError = null;
    }
}
