using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Audit;

/// <summary>The states of the streams of one kind, folded from the log.</summary>
public sealed class Fold<TState> where TState : IState<TState>
{
    private readonly Dictionary<string, TState> states = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, TState> All => states;

    public void Add(Recorded happened) => states[happened.Stream] = TState.Evolve(states.GetValueOrDefault(happened.Stream, TState.Empty), happened.Event);
}

/// <summary>A step that an administrator took over because it did not succeed: what it was to do or to undo may be left on hosts and storages.</summary>
/// <param name="Subject">The resource that its operation was about.</param>
/// <param name="By">The token that asked.</param>
public sealed record HandedOverStep(string Operation, string Workflow, string Subject, string Step, string Reason, string By, DateTimeOffset At);

/// <summary>The whole cloud as the log says it is, in memory: what gives something away, and what has it.</summary>
public sealed class CloudFold
{
    private readonly Dictionary<string, OperationState> open = new(StringComparer.Ordinal);
    private readonly List<HandedOverStep> handedOver = [];

    public Fold<HostState> Hosts { get; } = new();
    public Fold<StorageState> Storages { get; } = new();
    public Fold<L3State> Networks { get; } = new();
    public Fold<ProjectState> Projects { get; } = new();
    public Fold<VmState> Vms { get; } = new();
    public Fold<VolumeState> Volumes { get; } = new();
    public Fold<SnapshotState> Snapshots { get; } = new();

    public StandingFold Standing { get; } = new();

    /// <summary>Operations that have not ended.</summary>
    public IReadOnlyDictionary<string, OperationState> Open => open;

    /// <summary>What was left to administrators, in the order in which it was.</summary>
    public IReadOnlyList<HandedOverStep> HandedOver => handedOver;

    /// <summary>The last event that is in it.</summary>
    public long Position { get; private set; }

    public long Events { get; private set; }

    /// <summary>Takes the next event of the log.</summary>
    public void Add(Recorded happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        (Position, Events) = (happened.Position, Events + 1);
        Standing.Add(happened);
        switch (ResourceId.KindOf(happened.Stream))
        {
            case "host": Hosts.Add(happened); break;
            case "storage": Storages.Add(happened); break;
            case "l3": Networks.Add(happened); break;
            case "project": Projects.Add(happened); break;
            case "vm": Vms.Add(happened); break;
            case "volume": Volumes.Add(happened); break;
            case "snapshot": Snapshots.Add(happened); break;
            case "op": AddOperation(happened); break;
        }
    }

    private void AddOperation(Recorded happened)
    {
        var state = OperationState.Evolve(open.GetValueOrDefault(happened.Stream, OperationState.Empty), happened.Event);
        if (happened.Event is OperationHandedOver e && state.Started is { } s)
            handedOver.Add(new(happened.Stream, s.Workflow, s.Subject, e.Step, e.Reason, happened.Origin.Actor, happened.At));
        if (state.Phase is OperationPhase.Succeeded or OperationPhase.Failed) open.Remove(happened.Stream);
        else open[happened.Stream] = state;
    }
}
