using System.Collections.Immutable;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Vm;

/// <param name="Nic">The NIC's id, unique in the cloud.</param>
/// <param name="Address">Asked for by name; null for any.</param>
public sealed record NicRequest(string Nic, L3Id L3, string Mac, string? Address);

/// <summary>A NIC with its address.</summary>
public sealed record VmNic(L3Id L3, NicSpec Spec)
{
    /// <summary>Of a VM, at a time.</summary>
    public const int Most = 8;
}

/// <summary>A data volume of a VM. Its root disk is none.</summary>
/// <param name="Storage">Where it is; the VM's host must reach it.</param>
/// <param name="Slot">Of the VM's, from 1; it stays the same for as long as the volume is attached.</param>
public sealed record VmDisk(VolumeId Volume, StorageId Storage, string StoragePath, int Slot)
{
    /// <summary>At a time; the last has the device <c>sdx</c>.</summary>
    public const int Most = 24;
}

/// <summary>A VM exists from now on; its creation is under way.</summary>
[EventName("vm.requested/1")]
public sealed record VmRequested(
    VmId Vm, string Name, string? Description, ProjectId Project, int Cpus, Bytes Memory,
    ImageId Image, VolumeId RootVolume, Bytes RootDisk, IReadOnlyList<NicRequest> Nics, OperationId Operation) : IEvent, IOwned;

/// <summary>It runs for the first time.</summary>
[EventName("vm.created/1")]
public sealed record VmCreated(HostId Host, StorageId Storage, string StoragePath, IReadOnlyList<VmNic> Nics, OperationId Operation) : IEvent;

/// <summary>Its creation was undone; nothing of it is left but this record.</summary>
[EventName("vm.creation-failed/1")]
public sealed record VmCreationFailed(Rejection Error, OperationId Operation) : IEvent;

[EventName("vm.starting/1")]
public sealed record VmStarting(OperationId Operation) : IEvent;

[EventName("vm.started/1")]
public sealed record VmStarted(HostId Host, OperationId Operation) : IEvent;

[EventName("vm.stopping/1")]
public sealed record VmStopping(bool Force, OperationId Operation) : IEvent;

[EventName("vm.stopped/1")]
public sealed record VmStopped(OperationId Operation) : IEvent;

[EventName("vm.rebooting/1")]
public sealed record VmRebooting(OperationId Operation) : IEvent;

[EventName("vm.rebooted/1")]
public sealed record VmRebooted(OperationId Operation) : IEvent;

[EventName("vm.pausing/1")]
public sealed record VmPausing(OperationId Operation) : IEvent;

/// <summary>Its processors stand still; memory and everything else stays as it is.</summary>
[EventName("vm.paused/1")]
public sealed record VmPaused(OperationId Operation) : IEvent;

[EventName("vm.resuming/1")]
public sealed record VmResuming(OperationId Operation) : IEvent;

[EventName("vm.resumed/1")]
public sealed record VmResumed(OperationId Operation) : IEvent;

[EventName("vm.migrating/1")]
public sealed record VmMigrating(OperationId Operation) : IEvent;

/// <summary>It runs on another host now, and did not stop in between.</summary>
[EventName("vm.migrated/1")]
public sealed record VmMigrated(HostId Host, OperationId Operation) : IEvent;

[EventName("vm.resizing/1")]
public sealed record VmResizing(int Cpus, Bytes Memory, OperationId Operation) : IEvent;

[EventName("vm.resized/1")]
public sealed record VmResized(int Cpus, Bytes Memory, OperationId Operation) : IEvent;

/// <summary>It goes into the recycle bin.</summary>
[EventName("vm.recycling/1")]
public sealed record VmRecycling(OperationId Operation) : IEvent;

/// <summary>It is stopped and can be recovered until then; afterwards it is destroyed.</summary>
[EventName("vm.recycled/1")]
public sealed record VmRecycled(DateTimeOffset Until, OperationId Operation) : IEvent;

/// <summary>It is out of the recycle bin again, stopped.</summary>
[EventName("vm.recovered/1")]
public sealed record VmRecovered(OperationId Operation) : IEvent;

[EventName("vm.attaching-volume/1")]
public sealed record VmAttachingVolume(VolumeId Volume, OperationId Operation) : IEvent;

/// <summary>It has one more disk from now on, whenever it runs.</summary>
[EventName("vm.volume-attached/1")]
public sealed record VmVolumeAttached(VmDisk Disk, OperationId Operation) : IEvent;

[EventName("vm.detaching-volume/1")]
public sealed record VmDetachingVolume(VolumeId Volume, OperationId Operation) : IEvent;

[EventName("vm.volume-detached/1")]
public sealed record VmVolumeDetached(VolumeId Volume, OperationId Operation) : IEvent;

/// <summary>A disk of it is snapshotted, or reverted; it stays stopped meanwhile.</summary>
[EventName("vm.changing-disk/1")]
public sealed record VmChangingDisk(VolumeId Volume, OperationId Operation) : IEvent;

[EventName("vm.disk-changed/1")]
public sealed record VmDiskChanged(VolumeId Volume, OperationId Operation) : IEvent;

/// <summary>A change of state was undone; the VM is as it was before.</summary>
[EventName("vm.change-undone/1")]
public sealed record VmChangeUndone(Rejection Error, OperationId Operation) : IEvent;

/// <summary>The point of no return: from now on it goes away.</summary>
[EventName("vm.destroying/1")]
public sealed record VmDestroying(OperationId Operation) : IEvent;

[EventName("vm.destroyed/1")]
public sealed record VmDestroyed(OperationId Operation) : IEvent;

public enum VmPhase
{
    Absent, Creating, Running, Starting, Stopping, Stopped, Rebooting, Destroying, Destroyed, Failed,
    Pausing, Paused, Resuming, Migrating, Resizing, Recycling, Recycled, Unknown, FailingOver, ClearingStray, AttachingVolume, DetachingVolume,
    ChangingDisk, AttachingNic, DetachingNic,
}

/// <summary>What later decisions about a VM depend on; what people look at is the projection's business.</summary>
/// <param name="Before">The phase to which a change that fails returns.</param>
/// <param name="Operation">The last operation that changed it.</param>
public sealed record VmState(VmPhase Phase, VmPhase Before, string Operation, VmRequested? Requested, VmCreated? Created, HostId? Host) : IState<VmState>, ITaggedState
{
    public static string Kind => VmId.Kind;
    public static VmState Empty { get; } = new(VmPhase.Absent, VmPhase.Absent, "", null, null, null);

    public ImmutableSortedSet<string> Tags { get; init; } = TagRules.None;

    public HostLossPolicy OnHostLoss { get; init; }

    /// <summary>Its data volumes.</summary>
    public ImmutableArray<VmDisk> Disks { get; init; } = [];

    /// <summary>Its NICs as they are now; in a VM that is destroyed, as they were last.</summary>
    public ImmutableArray<VmNic> Nics { get; init; } = [];

    /// <summary>Ids of all NICs that it has, is about to have, and ever had or was to have: what a lost host may still have of it.</summary>
    public ImmutableSortedSet<string> NicIds { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>An operation is changing it; no other may begin.</summary>
    public bool IsBusy => Phase is VmPhase.Creating or VmPhase.Destroying || IsChanging;

    /// <summary>An operation changes it that can still be undone: it would be as before.</summary>
    public bool IsChanging => Phase is VmPhase.Starting or VmPhase.Stopping or VmPhase.Rebooting or VmPhase.Pausing or VmPhase.Resuming
        or VmPhase.Migrating or VmPhase.Resizing or VmPhase.Recycling or VmPhase.FailingOver or VmPhase.ClearingStray
        or VmPhase.AttachingVolume or VmPhase.DetachingVolume or VmPhase.ChangingDisk or VmPhase.AttachingNic or VmPhase.DetachingNic;

    public static VmState Evolve(VmState state, IEvent happened) => happened switch
    {
        VmRequested e => state with { Phase = VmPhase.Creating, Requested = e, Operation = e.Operation.Value, NicIds = state.NicIds.Union(e.Nics.Select(n => n.Nic)) },
        VmCreated e => state with { Phase = VmPhase.Running, Created = e, Host = e.Host, Nics = [.. e.Nics] },
        VmCreationFailed => state with { Phase = VmPhase.Failed },
        VmStarting e => Begin(state, VmPhase.Starting, e.Operation),
        VmStarted e => state with { Phase = VmPhase.Running, Host = e.Host },
        VmStopping e => Begin(state, VmPhase.Stopping, e.Operation),
        VmStopped => state with { Phase = VmPhase.Stopped, Host = null },
        VmRebooting e => Begin(state, VmPhase.Rebooting, e.Operation),
        VmRebooted => state with { Phase = VmPhase.Running },
        VmPausing e => Begin(state, VmPhase.Pausing, e.Operation),
        VmPaused => state with { Phase = VmPhase.Paused },
        VmResuming e => Begin(state, VmPhase.Resuming, e.Operation),
        VmResumed => state with { Phase = VmPhase.Running },
        VmMigrating e => Begin(state, VmPhase.Migrating, e.Operation),
        VmMigrated e => state with { Phase = VmPhase.Running, Host = e.Host },
        VmResizing e => Begin(state, VmPhase.Resizing, e.Operation),
        VmResized e => state with { Phase = VmPhase.Stopped, Requested = state.Requested! with { Cpus = e.Cpus, Memory = e.Memory } },
        VmRecycling e => Begin(state, VmPhase.Recycling, e.Operation),
        VmRecycled => state with { Phase = VmPhase.Recycled, Host = null },
        VmRecovered e => state with { Phase = VmPhase.Stopped, Operation = e.Operation.Value },
        VmHostLossPolicySet e => state with { OnHostLoss = e.Policy },
        VmHostLost or VmMissing => state with { Phase = VmPhase.Unknown },
        VmFound e => state with { Phase = e.Paused ? VmPhase.Paused : VmPhase.Running },
        VmFailingOver e => Begin(state, VmPhase.FailingOver, e.Operation),
        VmFailedOver e => state with { Phase = VmPhase.Running, Host = e.Host },
        VmStrayClearing e => Begin(state, VmPhase.ClearingStray, e.Operation),
        VmStrayCleared when state.Phase is VmPhase.ClearingStray => state with { Phase = state.Before },
        VmAttachingVolume e => Begin(state, VmPhase.AttachingVolume, e.Operation),
        VmVolumeAttached e => state with { Phase = state.Before, Disks = state.Disks.Add(e.Disk) },
        VmDetachingVolume e => Begin(state, VmPhase.DetachingVolume, e.Operation),
        VmVolumeDetached e => state with { Phase = state.Before, Disks = state.Disks.RemoveAll(d => d.Volume == e.Volume) },
        VmChangingDisk e => Begin(state, VmPhase.ChangingDisk, e.Operation),
        VmDiskChanged => state with { Phase = state.Before },
        VmChangeUndone => state with { Phase = state.Before },
        VmDestroying e => Begin(state, VmPhase.Destroying, e.Operation),
        VmDestroyed => state with { Phase = VmPhase.Destroyed, Host = null, Disks = [] },
        ResourceRenamed e when state.Requested is { } r => state with { Requested = r with { Name = e.Name, Description = e.Description } },
        ResourceTagged or ResourceUntagged => state with { Tags = TagRules.Evolve(state.Tags, happened) },
        _ => EvolveNics(state, happened),
    };

    private static VmState EvolveNics(VmState state, IEvent happened) => happened switch
    {
        VmAttachingNic e => Begin(state, VmPhase.AttachingNic, e.Operation) with { NicIds = state.NicIds.Add(e.Nic.Nic) },
        VmNicAttached e => state with { Phase = state.Before, Nics = state.Nics.Add(e.Nic) },
        VmDetachingNic e => Begin(state, VmPhase.DetachingNic, e.Operation),
        VmNicDetached e => state with { Phase = state.Before, Nics = state.Nics.RemoveAll(n => string.Equals(n.Spec.Id, e.Nic, StringComparison.Ordinal)) },
        _ => state,
    };

    public Decision? RefuseUnlessPresent(string id) => Phase switch
    {
        VmPhase.Absent => Decision.Reject(RejectionKind.NotFound, "vm.not-found", $"There is no {id}."),
        VmPhase.Destroyed => Decision.Reject(RejectionKind.Gone, "vm.deleted", $"{id} has been destroyed. Its history is still there."),
        _ => null,
    };

    private static VmState Begin(VmState state, VmPhase phase, OperationId operation) =>
        state with { Phase = phase, Before = state.Phase, Operation = operation.Value };
}
