using System.Text.Json;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Snapshot;

/// <param name="Taken">False for one that failed to be taken, of which nothing is left.</param>
public sealed record SnapshotFacts(bool Taken);

/// <summary>Its output is its <see cref="SnapshotFacts"/> as JSON.</summary>
public sealed record BeginDeleteSnapshot(SnapshotId Snapshot, OperationId Operation) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state)
    {
        if (state.RefuseUnlessPresent(Snapshot.Value) is { } refusal) return refusal;
        if (state.Phase is SnapshotPhase.Deleting && SnapshotChange.IsMine(state, Operation)) return Decision.Already(Facts(state.Before));
        return state.Phase is SnapshotPhase.Ready or SnapshotPhase.Failed
            ? new Decision.Accepted([new SnapshotDeleting(Operation)], Facts(state.Phase))
            : Decision.Reject(RejectionKind.Conflict, "snapshot.busy", $"{Snapshot} is {state.Phase} by {state.Operation}. Wait for that to end.");
    }

    private static string Facts(SnapshotPhase phase) => JsonSerializer.Serialize(new SnapshotFacts(phase is SnapshotPhase.Ready), DomainJson.Options);
}

/// <summary>A deletion that could not begin has been undone.</summary>
public sealed record UndoSnapshotChange(SnapshotId Snapshot, Rejection Error, OperationId Operation) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state) => SnapshotChange.End(state, Operation, SnapshotPhase.Deleting, new SnapshotChangeUndone(Error, Operation));
}

public sealed record BeginRemoveSnapshot(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.Begin(state, Volume, Operation, "delete a snapshot of", VolumePhase.RemovingSnapshot,
        new VolumeRemovingSnapshot(Snapshot, Operation), VolumePhase.Detached, VolumePhase.Attached);
}

public sealed record MarkSnapshotRemoved(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.RemovingSnapshot, new VolumeSnapshotRemoved(Snapshot, Operation));
}

public sealed record MarkSnapshotDeleted(SnapshotId Snapshot, OperationId Operation) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state) => SnapshotChange.End(state, Operation, SnapshotPhase.Deleting, new ResourceDeleted());
}

/// <summary>Its volume has gone, and it with that.</summary>
public sealed record DiscardSnapshot(SnapshotId Snapshot) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state) =>
        state.Existence is Existence.Present ? Decision.Accept(new ResourceDeleted()) : Decision.Already();
}

/// <summary>Forgets what a snapshot kept; what the volume holds now stays.</summary>
public sealed class DeleteSnapshotWorkflow : IDefineWorkflow
{
    public const string Name = "snapshot.delete";

    public static IWorkflow Definition { get; } = new Workflow<SnapshotTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginDeleteSnapshot(r.Input.Snapshot, r.Operation),
            r => new UndoSnapshotChange(r.Input.Snapshot, r.Error!, r.Operation)) { Recorded = true },
        new("volume", StepKind.Command,
            r => new BeginRemoveSnapshot(r.Input.Volume, r.Input.Snapshot, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)) { Recorded = true, When = WasTaken },
        SnapshotChange.HoldVm<SnapshotTarget>(i => i.Volume, WasTaken),
        new("disk", StepKind.Choice,
            r => new EnsureSnapshotAbsent(Site.Read(r.Chosen("disk")).Host, r.Input.Volume, SnapshotChange.Path(r, r.Input.Volume), r.Input.Snapshot))
        {
            Choose = SnapshotChange.Reach, MustSucceed = true, When = WasTaken,
        },
        new("snapshot-removed", StepKind.Command, r => new MarkSnapshotRemoved(r.Input.Volume, r.Input.Snapshot, r.Operation)) { MustSucceed = true, When = WasTaken },
        new("deleted", StepKind.Command, r => new MarkSnapshotDeleted(r.Input.Snapshot, r.Operation)) { MustSucceed = true },
        SnapshotChange.ReleaseVm<SnapshotTarget>(i => i.Volume),
    ]);

    private static bool WasTaken(Run<SnapshotTarget> run) => JsonSerializer.Deserialize<SnapshotFacts>(run["begin"], DomainJson.Options)!.Taken;
}
