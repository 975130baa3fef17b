using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

public sealed record BeginDetach(VmId Vm, VolumeId Volume, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        if (state.Requested is { } r && r.RootVolume == Volume)
            return Decision.Reject(RejectionKind.Conflict, "volume.is-root", $"{Volume} is the root volume of {Vm}: it comes and goes with that VM.");
        var begun = VmChange.Begin(state, Vm, Operation, "detach a volume from", VmPhase.DetachingVolume,
            new VmDetachingVolume(Volume, Operation), VmPhase.Running, VmPhase.Stopped);
        return begun is Decision.Accepted && state.Disks.All(d => d.Volume != Volume)
            ? Decision.Reject(RejectionKind.NotFound, "volume.not-attached", $"{Volume} is not attached to {Vm}.")
            : begun;
    }
}

public sealed record BeginDetachVolume(VolumeId Volume, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) =>
        VolumeChange.BeginOfData(state, Volume, Operation, "detach", VolumePhase.Detaching, new VolumeDetaching(Operation), VolumePhase.Attached);
}

public sealed record MarkVolumeDetached(VolumeId Volume, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Detaching, new VolumeDetached(Operation));
}

public sealed record MarkVmVolumeDetached(VmId Vm, VolumeId Volume, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.DetachingVolume, new VmVolumeDetached(Volume, Operation));
}

/// <summary>The VM that had it is going away.</summary>
public sealed record ReleaseVolume(VolumeId Volume, VmId Vm, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        if (state.IsRoot || state.Vm != Vm) return Decision.Already();
        // A snapshot of it had begun before the VM went away. It cannot have the VM any more, and lets go of the volume.
        return state.IsBusy
            ? Decision.Reject(RejectionKind.Unavailable, "volume.busy", $"{Volume} is {state.Phase} by {state.Operation}. Wait for that to end.")
            : Decision.Accept(new VolumeDetached(Operation));
    }
}

/// <summary>Takes a disk from a VM. Until the guest has let go of it, it can be given back.</summary>
public sealed class DetachVolumeWorkflow : IDefineWorkflow
{
    public const string Name = "vm.detach-volume";

    public static IWorkflow Definition { get; } = new Workflow<VmVolume>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginDetach(r.Input.Vm, r.Input.Volume, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("volume", StepKind.Command,
            r => new BeginDetachVolume(r.Input.Volume, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)),
        new("disk", StepKind.Wish,
            r => new EnsureDetached(Vm(r).Host!.Value, r.Input.Vm, Disk(r)),
            // Asked for also when the step was skipped: a VM that does not run has no domain.
            r => Runs(r) ? new EnsureAttached(Vm(r).Host!.Value, r.Input.Vm, Disk(r)) : new AllOf([])) { When = Runs },
        new("volume-detached", StepKind.Command, r => new MarkVolumeDetached(r.Input.Volume, r.Operation)) { MustSucceed = true },
        new("detached", StepKind.Command, r => new MarkVmVolumeDetached(r.Input.Vm, r.Input.Volume, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Vm(Run<VmVolume> run) => run.Output("begin").As(VmFacts.Read);

    private static DiskSpec Disk(Run<VmVolume> run) => Vm(run).Spec.Disks!.Single(d => d.Volume == run.Input.Volume);

    private static bool Runs(Run<VmVolume> run) => Vm(run).Host is not null;
}
