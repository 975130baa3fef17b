using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Placement;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Snapshot;

/// <summary>What <c>snapshot.create</c> was asked for. Stored with the operation.</summary>
public sealed record SnapshotOrder(SnapshotId Snapshot, string Name, string? Description, VolumeId Volume, ProjectId Project, IReadOnlyList<string>? Tags = null)
{
    public sealed class Validator : AbstractValidator<SnapshotOrder>
    {
        public Validator()
        {
            RuleFor(c => c.Snapshot.Value).AnId(SnapshotId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Tags).Must(t => t is null || t.Count <= TagRules.MostTags).WithMessage($"A snapshot has at most {TagRules.MostTags} tags.");
            RuleForEach(c => c.Tags).ATag();
        }
    }
}

/// <summary>The snapshot's id is taken and it exists, to be taken.</summary>
public sealed record RequestSnapshot(SnapshotOrder Order, OperationId Operation) : ICommand<SnapshotState>, IBegin
{
    string ICommand.Stream => Order.Snapshot.Value;

    public Decision Decide(SnapshotState state)
    {
        if (state.Existence is not Existence.Absent && SnapshotChange.IsMine(state, Operation)) return Decision.Already();
        var created = state.DecideCreate(Order.Snapshot.Value, new SnapshotRequested(Order.Snapshot, Order.Name, Order.Description, Order.Volume, Order.Project, Operation));
        return created is Decision.Accepted { Events: var events }
            ? Decision.Accept([.. events, .. (Order.Tags ?? []).Distinct(StringComparer.Ordinal).Select(t => new ResourceTagged(t))])
            : created;
    }
}

public sealed record BeginSnapshot(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    public const int Most = 64;

    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        var begun = VolumeChange.Begin(state, Volume, Operation, "snapshot", VolumePhase.Snapshotting, new VolumeSnapshotting(Snapshot, Operation), VolumePhase.Detached, VolumePhase.Attached);
        return begun is Decision.Accepted { Events.Count: > 0 } && state.Snapshots.Count >= Most
            ? Decision.Reject(RejectionKind.Conflict, "volume.too-many-snapshots", $"{Volume} has {Most} snapshots, as many as it may. Delete one first.")
            : begun;
    }
}

public sealed record MarkVolumeSnapshotted(VolumeId Volume, SnapshotId Snapshot, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Snapshotting, new VolumeSnapshotted(Snapshot, Operation));
}

public sealed record MarkSnapshotTaken(SnapshotId Snapshot, OperationId Operation) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state) => SnapshotChange.End(state, Operation, SnapshotPhase.Creating, new SnapshotTaken(Operation));
}

public sealed record MarkSnapshotFailed(SnapshotId Snapshot, Rejection Error, OperationId Operation) : ICommand<SnapshotState>
{
    string ICommand.Stream => Snapshot.Value;

    public Decision Decide(SnapshotState state) => SnapshotChange.End(state, Operation, SnapshotPhase.Creating, new SnapshotCreationFailed(Error, Operation));
}

/// <summary>Keeps what a volume holds, while no guest writes to it.</summary>
public sealed class CreateSnapshotWorkflow : IDefineWorkflow
{
    public const string Name = "snapshot.create";

    public static IWorkflow Definition { get; } = new Workflow<SnapshotOrder>(Name,
    [
        new("request", StepKind.Command,
            r => new RequestSnapshot(r.Input, r.Operation),
            r => new MarkSnapshotFailed(r.Input.Snapshot, r.Error!, r.Operation)),
        new("volume", StepKind.Command,
            r => new BeginSnapshot(r.Input.Volume, r.Input.Snapshot, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)) { Recorded = true },
        SnapshotChange.HoldVm<SnapshotOrder>(i => i.Volume),
        // Nothing is reserved: it only asks which host does it.
        new("host", StepKind.Choice, _ => new AllOf([]), _ => new AllOf([])) { Choose = SnapshotChange.Reach },
        new("disk", StepKind.Wish,
            r => new EnsureSnapshot(Site.Read(r.Chosen("host")).Host, r.Input.Volume, SnapshotChange.Path(r, r.Input.Volume), r.Input.Snapshot),
            r => new EnsureSnapshotAbsent(Site.Read(r.Chosen("host")).Host, r.Input.Volume, SnapshotChange.Path(r, r.Input.Volume), r.Input.Snapshot)),
        new("volume-snapshotted", StepKind.Command, r => new MarkVolumeSnapshotted(r.Input.Volume, r.Input.Snapshot, r.Operation)) { MustSucceed = true },
        new("taken", StepKind.Command, r => new MarkSnapshotTaken(r.Input.Snapshot, r.Operation)) { MustSucceed = true },
        SnapshotChange.ReleaseVm<SnapshotOrder>(i => i.Volume),
    ]);
}
