using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>The state of one running operation and the events that are not recorded yet.</summary>
/// <remarks>Steps run ahead of their record, because asked again they answer the same; one append then records several.</remarks>
internal sealed class OperationJournal(OperationId id, string actor, GroupCommit commits)
{
    private readonly List<(IEvent Event, Origin Origin)> unrecorded = [];

    public OperationState State { get; private set; } = OperationState.Empty;

    /// <summary>The same for others: that it is over is told when that is on record, not before.</summary>
    public OperationState Told { get; private set; } = OperationState.Empty;

    public long Version { get; private set; }

    /// <summary>Of the last event that the operation led to, on any stream.</summary>
    public long Position { get; private set; }

    public void Start(OperationState state, long version, long position)
    {
        (State, Told, Version) = (state, state, version);
        unrecorded.Clear();
        Reached(position);
    }

    public void Reached(long position) => Position = Math.Max(Position, position);

    /// <param name="by">Whose doing it is, where it is not his who asked for the operation.</param>
    public void Note(IEvent happened, string? by = null)
    {
        State = OperationState.Evolve(State, happened);
        if (happened is not (OperationSucceeded or OperationFailed)) Told = State;
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

    /// <returns>False when somebody else appended to the operation: what was noted is not recorded.</returns>
    public async Task<bool> RecordAsync()
    {
        if (unrecorded.Count == 0) return true;
        var append = new Append(id.Value, Version, unrecorded.ConvertAll(u => u.Event), unrecorded.ConvertAll(u => u.Origin));
        unrecorded.Clear();
        if (await commits.AppendAsync(append) is not { } position) return false;
        Version += append.Events.Count;
        Told = State;
        Reached(position);
        return true;
    }
}
