using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Projections.Kernel;

/// <summary>
/// One view inside a projector: what of a batch concerns it, from the rows before to the rows after. Per batch <see cref="Begin"/>,
/// <see cref="Load"/>, <see cref="ReadAsync"/>, <see cref="Fold"/>, <see cref="Write"/> and, when the transaction is durable,
/// <see cref="Commit"/>; after a failed one <see cref="Open"/>.
/// </summary>
internal abstract class ViewFold
{
    private ViewFailure? blocked;

    public abstract ViewShape Shape { get; }

    /// <summary>The checkpoint as stored.</summary>
    public long Position { get; private set; }

    /// <summary>Why it has stopped, as stored.</summary>
    public ViewFailure? Failure { get; private set; }

    /// <summary>The checkpoint once the batch in hand is committed.</summary>
    public long NextPosition { get; private set; }

    public ViewFailure? NextFailure { get; private set; }

    /// <summary>Moved whenever the tables are replaced by others: what was read of the old ones is worth nothing.</summary>
    public long Epoch { get; private set; }

    /// <summary>The tables are those of an earlier declaration.</summary>
    public bool Stale { get; private set; }

    /// <summary>Positions of events that an operator told this view to leave out.</summary>
    protected IReadOnlySet<long> Skipped { get; private set; } = new HashSet<long>();

    public ViewStatus Status => new(Shape.Name, Shape.Type.Version, Position, Failure, Stale);

    /// <summary>Takes up what the database says and forgets everything else.</summary>
    /// <param name="retry">Tries again the event that stopped it: the program may have been mended.</param>
    public void Open(Checkpoint? stored, IReadOnlySet<long> skipped, bool isCurrent, bool retry)
    {
        Forget();
        if (retry) blocked = null;
        Position = NextPosition = stored?.Position ?? 0;
        Epoch = stored?.Epoch ?? 0;
        Stale = stored?.Stale is true;
        Skipped = skipped;
        Failure = NextFailure = isCurrent ? (retry ? null : stored?.Failure)
            : new(Position, "", $"Another program has version {stored?.Version} of this view's table; this one has version {Shape.Type.Version}.");
    }

    public void Begin(IReadOnlyList<Recorded> events)
    {
        NextFailure = blocked;
        NextPosition = blocked is null ? Math.Max(Position, events[^1].Position) : Position;
        Gather(blocked is null ? events : []);
    }

    /// <summary>The database will not take this view's rows: stop before the batch, this view alone.</summary>
    public void Block(Exception cause) => blocked = ViewFailure.Of(First?.Position ?? NextPosition, First?.Stream ?? "", cause);

    public void Commit()
    {
        Position = NextPosition;
        Failure = NextFailure;
        Keep();
    }

    /// <summary>Reads the rows that the batch needs and the cache lacks; null when it lacks none.</summary>
    public abstract NpgsqlBatchCommand? Load();

    public abstract Task ReadAsync(NpgsqlDataReader reader, CancellationToken ct);

    public abstract void Fold();

    /// <summary>The set-based statements that bring the table from the rows before to the rows after; none when nothing changed.</summary>
    public abstract IEnumerable<NpgsqlBatchCommand> Write();

    /// <summary>The first event of the batch that concerns this view.</summary>
    protected abstract Recorded? First { get; }

    protected abstract void Gather(IReadOnlyList<Recorded> events);

    protected abstract void Keep();

    protected abstract void Forget();

    /// <summary>Ends this view's part of the batch right before an event.</summary>
    protected void StopBefore(Recorded happened, Exception cause)
    {
        NextPosition = happened.Position - 1;
        NextFailure = ViewFailure.Of(happened.Position, happened.Stream, cause);
    }
}
