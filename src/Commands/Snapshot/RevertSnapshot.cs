using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Snapshot;

public sealed record BeginRevert(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        var begun = VolumeChange.Begin(state, Volume, Operation, "revert", VolumePhase.Reverting, new VolumeReverting(Snapshot, Operation), VolumePhase.Detached, VolumePhase.Attached);
        return begun is Decision.Accepted { Events.Count: > 0 } && !state.Snapshots.Contains(Snapshot.Value)
            ? Decision.Reject(RejectionKind.NotFound, "snapshot.not-found", $"{Volume} has no {Snapshot}.")
            : begun;
    }
}

public sealed record MarkVolumeReverted(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Reverting, new VolumeReverted(Snapshot, Operation));
}

/// <summary>
/// Makes a volume hold again what a snapshot kept. From the moment in which a host is asked there is no way back: what was written
/// since may be gone, and a guest must not start on half of it.
/// </summary>
public sealed class RevertSnapshotWorkflow : IDefineWorkflow
{
    public const string Name = "snapshot.revert";

    public static IWorkflow Definition { get; } = new Workflow<SnapshotTarget>(Name,
    [
        new("volume", StepKind.Command,
            r => new BeginRevert(r.Input.Volume, r.Input.Snapshot, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)) { Recorded = true },
        SnapshotChange.HoldVm<SnapshotTarget>(i => i.Volume),
        new("disk", StepKind.Choice,
            r => new EnsureReverted(Site.Read(r.Chosen("disk")).Host, r.Input.Volume, SnapshotChange.Path(r, r.Input.Volume), r.Input.Snapshot))
        {
            Choose = SnapshotChange.Reach, MustSucceed = true,
        },
        new("reverted", StepKind.Command, r => new MarkVolumeReverted(r.Input.Volume, r.Input.Snapshot, r.Operation)) { MustSucceed = true },
        SnapshotChange.ReleaseVm<SnapshotTarget>(i => i.Volume),
    ]);
}
