using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Snapshot;

/// <summary>A snapshot exists from now on; it is still to be taken.</summary>
[EventName("snapshot.requested/1")]
public sealed record SnapshotRequested(
    SnapshotId Snapshot, string Name, string? Description, VolumeId Volume, ProjectId Project, OperationId Operation) : IResourceCreated, IOwned
{
    // The volume knows its snapshots: on its own stream.
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

[EventName("snapshot.taken/1")]
public sealed record SnapshotTaken(OperationId Operation) : IEvent;

/// <summary>Its creation was undone; nothing of it is left but this record.</summary>
[EventName("snapshot.creation-failed/1")]
public sealed record SnapshotCreationFailed(Rejection Error, OperationId Operation) : IEvent;

[EventName("snapshot.deleting/1")]
public sealed record SnapshotDeleting(OperationId Operation) : IEvent;

/// <summary>Its deletion was undone before it began; it is as it was.</summary>
[EventName("snapshot.change-undone/1")]
public sealed record SnapshotChangeUndone(Rejection Error, OperationId Operation) : IEvent;

public enum SnapshotPhase { Absent, Creating, Ready, Deleting, Deleted, Failed }

public sealed record SnapshotState : ResourceState, IState<SnapshotState>
{
    public static string Kind => SnapshotId.Kind;
    public static SnapshotState Empty { get; } = new();

    public SnapshotPhase Phase { get; init; }

    /// <summary>The phase to which a change that fails returns.</summary>
    public SnapshotPhase Before { get; init; }

    /// <summary>The last operation that changed it.</summary>
    public string Operation { get; init; } = "";

    public VolumeId Volume { get; init; }

    public static SnapshotState Evolve(SnapshotState state, IEvent happened) => happened switch
    {
        SnapshotRequested e => EvolveResource(state, e) with { Phase = SnapshotPhase.Creating, Volume = e.Volume, Operation = e.Operation.Value },
        SnapshotTaken => state with { Phase = SnapshotPhase.Ready },
        SnapshotCreationFailed => state with { Phase = SnapshotPhase.Failed },
        SnapshotDeleting e => state with { Phase = SnapshotPhase.Deleting, Before = state.Phase, Operation = e.Operation.Value },
        SnapshotChangeUndone => state with { Phase = state.Before },
        ResourceDeleted => EvolveResource(state, happened) with { Phase = SnapshotPhase.Deleted },
        _ => EvolveResource(state, happened),
    };
}
