using System.Collections.Immutable;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;

namespace IaaS.Domain.Volume;

/// <summary>A root disk has been made.</summary>
[EventName("volume.created/1")]
public sealed record VolumeCreated(
    VolumeId Volume, string Name, ProjectId Project, VmId Vm, StorageId Storage, ImageId Image, Bytes Size) : IResourceCreated, IOwned
{
    // The storage holds its space and the VM holds it: both on their own streams.
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

/// <summary>A data volume exists from now on; its disk is still to be made.</summary>
[EventName("volume.requested/1")]
public sealed record VolumeRequested(
    VolumeId Volume, string Name, string? Description, ProjectId Project, Bytes Size, OperationId Operation) : IResourceCreated, IOwned
{
    // The project holds its quota and the storage its space: both on their own streams.
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

/// <summary>A data volume has its disk, and no VM has it.</summary>
[EventName("volume.provisioned/1")]
public sealed record VolumeProvisioned(StorageId Storage, string StoragePath, OperationId Operation) : IEvent;

/// <summary>Its creation was undone; nothing of it is left but this record.</summary>
[EventName("volume.creation-failed/1")]
public sealed record VolumeCreationFailed(Rejection Error, OperationId Operation) : IEvent;

[EventName("volume.attaching/1")]
public sealed record VolumeAttaching(VmId Vm, OperationId Operation) : IEvent;

[EventName("volume.attached/1")]
public sealed record VolumeAttached(VmId Vm, OperationId Operation) : IEvent;

[EventName("volume.detaching/1")]
public sealed record VolumeDetaching(OperationId Operation) : IEvent;

/// <summary>No VM has it any more.</summary>
[EventName("volume.detached/1")]
public sealed record VolumeDetached(OperationId Operation) : IEvent;

[EventName("volume.snapshotting/1")]
public sealed record VolumeSnapshotting(SnapshotId Snapshot, OperationId Operation) : IEvent;

/// <summary>It has one more snapshot.</summary>
[EventName("volume.snapshotted/1")]
public sealed record VolumeSnapshotted(SnapshotId Snapshot, OperationId Operation) : IEvent;

[EventName("volume.reverting/1")]
public sealed record VolumeReverting(SnapshotId Snapshot, OperationId Operation) : IEvent;

/// <summary>It holds what it held when the snapshot was taken.</summary>
[EventName("volume.reverted/1")]
public sealed record VolumeReverted(SnapshotId Snapshot, OperationId Operation) : IEvent;

[EventName("volume.removing-snapshot/1")]
public sealed record VolumeRemovingSnapshot(SnapshotId Snapshot, OperationId Operation) : IEvent;

[EventName("volume.snapshot-removed/1")]
public sealed record VolumeSnapshotRemoved(SnapshotId Snapshot, OperationId Operation) : IEvent;

[EventName("volume.imaging/1")]
public sealed record VolumeImaging(ImageId Image, OperationId Operation) : IEvent;

/// <summary>An image has been made of what it holds.</summary>
[EventName("volume.imaged/1")]
public sealed record VolumeImaged(ImageId Image, OperationId Operation) : IEvent;

/// <summary>A change was undone; the volume is as it was before.</summary>
[EventName("volume.change-undone/1")]
public sealed record VolumeChangeUndone(Rejection Error, OperationId Operation) : IEvent;

/// <summary>The point of no return: from now on it goes away.</summary>
[EventName("volume.deleting/1")]
public sealed record VolumeDeleting(OperationId Operation) : IEvent;

public enum VolumePhase { Absent, Creating, Detached, Attaching, Attached, Detaching, Deleting, Deleted, Failed, Snapshotting, Reverting, RemovingSnapshot, Imaging }

/// <summary>A root volume is attached to its VM from the beginning to its end; a data volume comes and goes.</summary>
public sealed record VolumeState : ResourceState, IState<VolumeState>
{
    public static string Kind => VolumeId.Kind;
    public static VolumeState Empty { get; } = new();

    public VolumePhase Phase { get; init; }

    /// <summary>The phase to which a change that fails returns.</summary>
    public VolumePhase Before { get; init; }

    /// <summary>The last operation that changed it.</summary>
    public string Operation { get; init; } = "";

    public bool IsRoot { get; init; }
    public ProjectId Project { get; init; }
    public Bytes Size { get; init; }

    /// <summary>Null until its disk is made.</summary>
    public StorageId? Storage { get; init; }

    public string StoragePath { get; init; } = "";

    /// <summary>Which has it, or is about to; null where none has.</summary>
    public VmId? Vm { get; init; }

    public ImmutableSortedSet<string> Snapshots { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>An operation changes it that can still be undone: it would be as before.</summary>
    public bool IsChanging => Phase is VolumePhase.Attaching or VolumePhase.Detaching
        or VolumePhase.Snapshotting or VolumePhase.Reverting or VolumePhase.RemovingSnapshot or VolumePhase.Imaging;

    /// <summary>An operation is changing it; no other may begin.</summary>
    public bool IsBusy => IsChanging || Phase is VolumePhase.Creating or VolumePhase.Deleting;

    public static VolumeState Evolve(VolumeState state, IEvent happened) => happened switch
    {
        VolumeCreated e => EvolveResource(state, e) with
        {
            Phase = VolumePhase.Attached,
            IsRoot = true,
            Project = e.Project,
            Size = e.Size,
            Storage = e.Storage,
            Vm = e.Vm,
        },
        VolumeRequested e => EvolveResource(state, e) with { Phase = VolumePhase.Creating, Project = e.Project, Size = e.Size, Operation = e.Operation.Value },
        VolumeProvisioned e => state with { Phase = VolumePhase.Detached, Storage = e.Storage, StoragePath = e.StoragePath },
        VolumeCreationFailed => state with { Phase = VolumePhase.Failed },
        VolumeAttaching e => Begin(state, VolumePhase.Attaching, e.Operation) with { Vm = e.Vm },
        VolumeAttached e => state with { Phase = VolumePhase.Attached, Vm = e.Vm },
        VolumeDetaching e => Begin(state, VolumePhase.Detaching, e.Operation),
        VolumeDetached => state with { Phase = VolumePhase.Detached, Vm = null },
        VolumeChangeUndone => state with { Phase = state.Before, Vm = state.Before is VolumePhase.Attached ? state.Vm : null },
        VolumeSnapshotting e => Begin(state, VolumePhase.Snapshotting, e.Operation),
        VolumeSnapshotted e => state with { Phase = state.Before, Snapshots = state.Snapshots.Add(e.Snapshot.Value) },
        VolumeReverting e => Begin(state, VolumePhase.Reverting, e.Operation),
        VolumeReverted => state with { Phase = state.Before },
        VolumeRemovingSnapshot e => Begin(state, VolumePhase.RemovingSnapshot, e.Operation),
        VolumeSnapshotRemoved e => state with { Phase = state.Before, Snapshots = state.Snapshots.Remove(e.Snapshot.Value) },
        VolumeImaging e => Begin(state, VolumePhase.Imaging, e.Operation),
        VolumeImaged => state with { Phase = state.Before },
        VolumeDeleting e => Begin(state, VolumePhase.Deleting, e.Operation),
        ResourceDeleted => EvolveResource(state, happened) with { Phase = VolumePhase.Deleted },
        _ => EvolveResource(state, happened),
    };

    private static VolumeState Begin(VolumeState state, VolumePhase phase, OperationId operation) =>
        state with { Phase = phase, Before = state.Phase, Operation = operation.Value };
}
