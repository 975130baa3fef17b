using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>The state of one running operation and the events that are not recorded yet.</summary>
/// <remarks>
/// Steps run ahead of their record, because asked again they answer the same; one append then records several. The record itself is not
/// waited for until something outside of the log is to be done, or told.
/// </remarks>
internal sealed class OperationJournal(OperationId id, string actor, GroupCommit commits)
{
    private readonly List<(IEvent Event, Origin Origin)> unrecorded = [];
    private readonly Lock gate = new();
    private AppendChain chain = new();
    private long position;
    // How much has been noted, and of that told.
    private (int Noted, int Told) count;

    /// <summary>What it has led to that is not durable yet.</summary>
    public CommitDependencies Ahead { get; private set; } = new();

    public OperationState State { get; private set; } = OperationState.Empty;

    /// <summary>The same for others: what is not durable is not told.</summary>
    public OperationState Told { get; private set; } = OperationState.Empty;

    public long Version { get; private set; }

    /// <summary>Of the last event that the operation led to, on any stream.</summary>
    public long Position => Math.Max(Volatile.Read(ref position), Ahead.Position);

    public void Start(OperationState state, long version, long reached)
    {
        unrecorded.Clear();
        Reached(Math.Max(reached, Ahead.Position));
        lock (gate) (State, Told, Version, chain, Ahead) = (state, state, version, new(), new());
    }

    /// <summary>Begins the operation's stream.</summary>
    /// <returns>Completes when that is durable, with the position.</returns>
    public Task<long?> Begin(OperationStarted started, Origin origin)
    {
        State = Told = OperationState.Evolve(OperationState.Empty, started);
        Version = 1;
        var append = commits.AppendAsync(new Append(id.Value, 0, [started], [origin]), chain, Ahead);
        Ahead.Add(append);
        return append;
    }

    public void Reached(long at) => Volatile.Write(ref position, Math.Max(position, at));

    /// <param name="by">Whose doing it is, where it is not his who asked for the operation.</param>
    public void Note(IEvent happened, string? by = null)
    {
        State = OperationState.Evolve(State, happened);
        count.Noted++;
        if (unrecorded is [.., (OperationAdvanced { Steps: var done }, var origin)] && Joined(done, happened) is { } one) unrecorded[^1] = (one, origin);
        else unrecorded.Add((happened, new Origin(by ?? actor, id.Value, "engine")));
    }

    /// <summary>One event for what was done and what came of it; null where it takes two.</summary>
    private static IEvent? Joined(IReadOnlyList<StepDone> done, IEvent happened) => happened switch
    {
        OperationAdvanced e => e with { Steps = [.. done, .. e.Steps] },
        StepChosen e => e with { Done = [.. done, .. e.Done] },
        OperationSucceeded e => e with { Done = [.. done, .. e.Done] },
        _ => null,
    };

    /// <summary>Hands over what was noted. When it is not written, nothing that comes after it is, and <see cref="SettleAsync"/> says so.</summary>
    public void Record()
    {
        if (unrecorded.Count == 0) return;
        var append = new Append(id.Value, Version, unrecorded.ConvertAll(u => u.Event), unrecorded.ConvertAll(u => u.Origin));
        unrecorded.Clear();
        Version += append.Events.Count;
        Ahead.Add(commits.AppendAsync(append, chain, Ahead));
    }

    /// <summary>Waits until all that it has led to so far is durable; then it is told.</summary>
    /// <exception cref="StoreUnavailableException">It is not, or nobody knows: what was noted since the last time may not have happened.</exception>
    public async Task SettleAsync()
    {
        var (ahead, state, noted) = (Ahead, State, count.Noted);
        await ahead.SettleAsync();
        lock (gate)
        {
            // Another may have waited for more, and have been told of it already.
            if (ahead == Ahead && noted >= count.Told) (Told, count.Told) = (state, noted);
        }
    }
}
