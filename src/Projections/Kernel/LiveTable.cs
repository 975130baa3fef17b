using System.Collections.Immutable;
using System.Data;
using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Projections.Kernel;

/// <summary>
/// A replica in memory of one small view, current with every commit of this process: hosts for the placement, tokens for the API.
/// Readers see whole batches and take no lock. Rows are in the ordinal order of their ids, the same in every run.
/// Without <see cref="SeedAsync"/> it starts from an empty log and needs no database.
/// </summary>
public sealed class LiveTable<TView> : IFeedListener where TView : class, IView<TView>
{
    private const int Page = 5_000;

    private static readonly ImmutableSortedDictionary<string, TView> None = ImmutableSortedDictionary.Create<string, TView>(StringComparer.Ordinal);

    private readonly IFeed feed;
    private readonly TimeProvider time;
    private readonly ProjectorOptions options;
    private readonly Lock gate = new();
    private ImmutableSortedDictionary<string, TView> rows = None;
    private TaskCompletionSource behind = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long position;
    private long head;
    private bool told;

    /// <param name="options">Its look interval, back-off and <see cref="ProjectorOptions.Retrying"/> are used.</param>
    public LiveTable(IFeed feed, TimeProvider time, ProjectorOptions? options = null)
    {
        this.feed = feed;
        this.time = time;
        this.options = options ?? new();
    }

    /// <summary>Told of every row that changes, in order, once readers can see it: (null, new), (old, new) or (old, null). Subscribe before seeding.</summary>
    public event Action<TView?, TView?>? Changed;

    /// <summary>Every event up to it is in the rows.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>Positions between the last event known here and <see cref="Position"/>; 0 when up to date.</summary>
    public long Lag => Math.Max(0, Volatile.Read(ref head) - Position);

    /// <summary>The event that it could not take; it stays as it was before. Null while all is well.</summary>
    public ViewFailure? Failure { get; private set; }

    public int Count => Volatile.Read(ref rows).Count;

    /// <summary>The rows of one moment, by id.</summary>
    public IEnumerable<TView> All => Volatile.Read(ref rows).Values;

    public TView? Find(string id) => Volatile.Read(ref rows).GetValueOrDefault(id);

    /// <summary>
    /// Takes over the view's table with its checkpoint, unless it is further already. After <see cref="ViewTables.EnsureAsync"/>.
    /// Throws when the database cannot be reached.
    /// </summary>
    public async Task SeedAsync(NpgsqlDataSource db, CancellationToken ct)
    {
        var shape = ViewShape.Of<TView>();
        await using var connection = await db.OpenConnectionAsync(ct);
        // One snapshot for both: rows of a later batch under an older checkpoint would be applied twice.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var stored = await ViewTables.LoadAsync(connection, ct);
        if (!ViewTables.IsCurrent(shape, stored)) return;
        await using var command = new NpgsqlCommand($"select {shape.Columns} from {ViewTables.TableOf(shape)}", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var seed = None.ToBuilder();
        while (await reader.ReadAsync(ct))
        {
            var row = shape.Read(reader);
            seed[row.Id] = row;
        }

        lock (gate)
        {
            var checkpoint = stored[shape.Name].Position;
            if (checkpoint > position) Swap(seed.ToImmutable(), checkpoint, rows.Keys.Union(seed.Keys, StringComparer.Ordinal).ToList());
        }
    }

    /// <summary>Applies a commit before it returns, or, when commits before it are missing, has <see cref="RunAsync"/> read the feed.</summary>
    public void Publish(long previous, IReadOnlyList<Recorded> events)
    {
        if (events.Count == 0) return;
        lock (gate)
        {
            head = Math.Max(head, events[^1].Position);
            if (previous > position)
            {
                behind.TrySetResult();
                return;
            }

            told = true;
            Apply(events);
        }
    }

    /// <summary>Reads the feed to its end. Throws what the feed throws.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        while (await feed.ReadAsync(Position, Page, ct) is { Count: > 0 } page)
        {
            lock (gate)
            {
                Apply(page);
                if (Failure is not null) return;
            }
        }
    }

    /// <summary>Fills gaps from the feed until it is cancelled, then returns. Failures of the feed are retried for ever.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await using var look = time.CreateTimer(_ => LookWhenIdle(), state: null, TimeSpan.Zero, options.LookEvery);
        var failures = 0;
        while (!ct.IsCancellationRequested && Failure is null)
        {
            try
            {
                await behind.Task.WaitAsync(ct);
                lock (gate) behind = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await CatchUpAsync(ct);
                failures = 0;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                options.Retrying?.Invoke(e);
                var wait = options.FirstBackOff * Math.Pow(2, Math.Min(failures++, 20));
                await Task.Delay(wait < options.LongestBackOff ? wait : options.LongestBackOff, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                lock (gate) behind.TrySetResult();
            }
        }
    }

    // Others write to the log too. A commit that joined on since the last look says that there was nothing before it that is missing here.
    private void LookWhenIdle()
    {
        lock (gate)
        {
            if (!told) behind.TrySetResult();
            told = false;
        }
    }

    private void Apply(IReadOnlyList<Recorded> events)
    {
        if (Failure is not null) return;
        var next = rows.ToBuilder();
        List<string> touched = [];
        var reached = position;
        foreach (var happened in events)
        {
            if (happened.Position <= reached) continue;
            try
            {
                ApplyOne(next, touched, happened);
            }
            catch (Exception e)
            {
                Failure = ViewFailure.Of(happened.Position, happened.Stream, e);
                break;
            }

            reached = happened.Position;
        }

        Swap(next.ToImmutable(), reached, touched);
    }

    private static void ApplyOne(ImmutableSortedDictionary<string, TView>.Builder next, List<string> touched, Recorded happened)
    {
        if (TView.RowOf(happened) is not { } id) return;
        var row = TView.Apply(next.GetValueOrDefault(id), happened);
        if (row is null) next.Remove(id);
        else next[id] = row;
        touched.Add(id);
    }

    private void Swap(ImmutableSortedDictionary<string, TView> next, long reached, List<string> touched)
    {
        var before = rows;
        Volatile.Write(ref rows, next);
        Volatile.Write(ref position, reached);
        head = Math.Max(head, reached);
        if (Changed is not { } changed) return;
        try
        {
            foreach (var id in touched.Distinct(StringComparer.Ordinal))
            {
                var (old, now) = (before.GetValueOrDefault(id), next.GetValueOrDefault(id));
                if (!Equals(old, now)) changed(old, now);
            }
        }
        catch (Exception e)
        {
            // An index that missed a change is wrong from now on; a commit must not suffer for it.
            Failure = ViewFailure.Of(reached, "", e);
        }
    }
}
