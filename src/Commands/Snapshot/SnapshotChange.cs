using IaaS.Commands.Placement;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Snapshot;

/// <summary>Names the snapshot that a workflow is about, and its volume.</summary>
public sealed record SnapshotTarget(SnapshotId Snapshot, VolumeId Volume);

/// <summary>
/// What all work on a volume's snapshots has in common: the volume is held by its step <c>volume</c>, and by its step <c>vm</c> the VM
/// that has it, which must be stopped, so that no guest writes meanwhile. Both are let go when all is done.
/// </summary>
internal static class SnapshotChange
{
    public static Step<T> HoldVm<T>(Func<T, VolumeId> volume, Func<Run<T>, bool>? when = null) => new("vm", StepKind.Command,
        r => new BeginChangeDisk(Volume(r).Vm!.Value, volume(r.Input), r.Operation),
        // Asked for also when the step was skipped: no VM has the volume.
        r => Vm(r) is { } vm ? new UndoVmChange(vm, r.Error!, r.Operation) : new AllOf([]))
    {
        Recorded = true,
        When = r => when?.Invoke(r) is not false && Vm(r) is not null,
    };

    public static Step<T> ReleaseVm<T>(Func<T, VolumeId> volume) => new("vm-released", StepKind.Command,
        r => new MarkVmDiskChanged(Vm(r)!.Value, volume(r.Input), r.Operation))
    { MustSucceed = true, When = r => Vm(r) is not null };

    public static VolumeFacts Volume<T>(Run<T> run) => run.Output("volume").As(VolumeFacts.Read);

    /// <summary>A host through which the disk is reached.</summary>
    public static ReachStorage Reach<T>(Run<T> run) => new(Volume(run).Storage!.Value, Preferred: null);

    /// <summary>Of the volume's storage on that host: a root volume's is known to its VM.</summary>
    public static string Path<T>(Run<T> run, VolumeId volume) =>
        run.Output("vm") is { Text.Length: > 0 } said && said.As(VmFacts.Read) is { } vm && vm.RootVolume == volume ? vm.StoragePath : Volume(run).StoragePath;

    /// <summary>Which has the volume; null for none, and where the volume was never asked.</summary>
    private static VmId? Vm<T>(Run<T> run) => run["volume"].Length > 0 ? Volume(run).Vm : null;

    public static Decision End(SnapshotState state, OperationId operation, SnapshotPhase changing, IEvent ended) =>
        state.Phase == changing && IsMine(state, operation) ? Decision.Accept(ended) : Decision.Already();

    public static bool IsMine(SnapshotState state, OperationId operation) => string.Equals(state.Operation, operation.Value, StringComparison.Ordinal);
}
