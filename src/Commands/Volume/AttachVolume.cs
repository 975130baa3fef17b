using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Placement;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

/// <summary>A VM, and a data volume that it gets or loses.</summary>
public sealed record VmVolume(VmId Vm, VolumeId Volume)
{
    public sealed class Validator : AbstractValidator<VmVolume>
    {
        public Validator() => RuleFor(c => c.Volume.Value).AnId(VolumeId.Kind).OverridePropertyName("volumeId");
    }
}

public sealed record BeginAttach(VmId Vm, VolumeId Volume, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        var begun = VmChange.Begin(state, Vm, Operation, "attach a volume to", VmPhase.AttachingVolume,
            new VmAttachingVolume(Volume, Operation), VmPhase.Running, VmPhase.Stopped);
        return begun is Decision.Accepted { Events.Count: > 0 } && state.Disks.Length >= VmDisk.Most
            ? Decision.Reject(RejectionKind.Conflict, "vm.too-many-volumes", $"{Vm} has {VmDisk.Most} volumes, as many as it may. Detach one first.")
            : begun;
    }
}

public sealed record BeginAttachVolume(VolumeId Volume, VmId Vm, ProjectId Project, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        var begun = VolumeChange.BeginOfData(state, Volume, Operation, "attach", VolumePhase.Attaching, new VolumeAttaching(Vm, Operation), VolumePhase.Detached);
        return begun is Decision.Accepted && state.Project != Project
            ? Decision.Reject(RejectionKind.Conflict, "volume.other-project", $"{Volume} is of {state.Project}, and {Vm} of {Project}.")
            : begun;
    }
}

public sealed record MarkVolumeAttached(VolumeId Volume, VmId Vm, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Attaching, new VolumeAttached(Vm, Operation));
}

public sealed record MarkVmVolumeAttached(VmId Vm, VmDisk Disk, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.AttachingVolume, new VmVolumeAttached(Disk, Operation));
}

/// <summary>
/// Gives a VM one more disk. The VM is asked first, then the volume: each decides for itself, and holds still meanwhile. A guest that
/// runs has it at once; one that does not, when it starts.
/// </summary>
public sealed class AttachVolumeWorkflow : IDefineWorkflow
{
    public const string Name = "vm.attach-volume";

    public static IWorkflow Definition { get; } = new Workflow<VmVolume>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginAttach(r.Input.Vm, r.Input.Volume, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("volume", StepKind.Command,
            r => new BeginAttachVolume(r.Input.Volume, r.Input.Vm, Vm(r).Project, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)) { Recorded = true },
        // Nothing is reserved: it only asks whether the VM can run where the volume is.
        new("reach", StepKind.Choice, _ => new AllOf([]), _ => new AllOf([]))
        {
            Choose = r => new ReachTogether(
                [Vm(r).Storage!.Value, .. (Vm(r).Disks ?? []).Select(d => d.Storage), Volume(r).Storage!.Value], Vm(r).Host),
        },
        new("disk", StepKind.Wish,
            r => new EnsureAttached(Vm(r).Host!.Value, r.Input.Vm, Disk(r)),
            // Asked for also when the step was skipped: a VM that does not run has no domain.
            r => Runs(r) ? new EnsureDetached(Vm(r).Host!.Value, r.Input.Vm, Disk(r)) : new AllOf([])) { When = Runs },
        new("volume-attached", StepKind.Command, r => new MarkVolumeAttached(r.Input.Volume, r.Input.Vm, r.Operation)) { MustSucceed = true },
        new("attached", StepKind.Command, r => new MarkVmVolumeAttached(r.Input.Vm,
            new VmDisk(r.Input.Volume, Volume(r).Storage!.Value, Volume(r).StoragePath, Vm(r).FreeSlot()), r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Vm(Run<VmVolume> run) => run.Output("begin").As(VmFacts.Read);

    private static VolumeFacts Volume(Run<VmVolume> run) => run.Output("volume").As(VolumeFacts.Read);

    private static DiskSpec Disk(Run<VmVolume> run) => new(run.Input.Volume, Volume(run).StoragePath, Vm(run).FreeSlot());

    private static bool Runs(Run<VmVolume> run) => Vm(run).Host is not null;
}
