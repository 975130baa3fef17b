using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Commands.Project;
using IaaS.Commands.Storage;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

/// <summary>Names the volume that a workflow changes.</summary>
public sealed record VolumeTarget(VolumeId Volume);

public sealed record BeginDeleteVolume(VolumeId Volume, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        var begun = VolumeChange.BeginOfData(state, Volume, Operation, "delete", VolumePhase.Deleting, new VolumeDeleting(Operation), VolumePhase.Detached, VolumePhase.Failed);
        return begun is Decision.Accepted { Events.Count: > 0 } && state.Snapshots.Count > 0
            ? Decision.Reject(RejectionKind.Conflict, "volume.has-snapshots", $"{Volume} has {state.Snapshots.Count} snapshots: {string.Join(", ", state.Snapshots.Take(5))}. Delete them first.")
            : begun;
    }
}

public sealed record MarkVolumeDeleted(VolumeId Volume, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Deleting, new ResourceDeleted());
}

/// <summary>Takes away the disk, then what it took. It cannot be undone: a step that fails is tried again until it succeeds.</summary>
public sealed class DeleteVolumeWorkflow : IDefineWorkflow
{
    public const string Name = "volume.delete";

    public static IWorkflow Definition { get; } = new Workflow<VolumeTarget>(Name,
    [
        new("begin", StepKind.Command, r => new BeginDeleteVolume(r.Input.Volume, r.Operation)) { Recorded = true },
        new("disk", StepKind.Choice,
            r => new EnsureDiskAbsent(Site.Read(r.Chosen("disk")).Host, r.Input.Volume, Facts(r).StoragePath))
        {
            Choose = r => new ReachStorage(Facts(r).Storage!.Value, Preferred: null), MustSucceed = true, When = HasDisk,
        },
        new("release", StepKind.Command, r => AllOf.These(
            new ReleaseSpace(Facts(r).Storage!.Value, r.Input.Volume.Value),
            new ReleaseQuota(Facts(r).Project, r.Input.Volume.Value))) { MustSucceed = true, When = HasDisk },
        new("deleted", StepKind.Command, r => new MarkVolumeDeleted(r.Input.Volume, r.Operation)) { MustSucceed = true },
    ]);

    private static VolumeFacts Facts(Run<VolumeTarget> run) => run.Output("begin").As(VolumeFacts.Read);

    private static bool HasDisk(Run<VolumeTarget> run) => Facts(run).Storage is not null;
}
