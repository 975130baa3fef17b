using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Placement;
using IaaS.Commands.Project;
using IaaS.Commands.Storage;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

/// <summary>What <c>volume.create</c> was asked for: an empty disk. Stored with the operation.</summary>
/// <param name="Zone">Where it must be; null for anywhere. So too <paramref name="Storage"/>.</param>
public sealed record VolumeOrder(
    VolumeId Volume, string Name, string? Description, ProjectId Project, Bytes Size, string? Zone, string? Storage, IReadOnlyList<string>? Tags = null)
{
    public sealed class Validator : AbstractValidator<VolumeOrder>
    {
        public Validator()
        {
            RuleFor(c => c.Volume.Value).AnId(VolumeId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Size).Must(s => s >= 1.MiB && s <= 64.TiB).WithMessage("A volume is from 1048576 (1 MiB) to 70368744177664 (64 TiB) bytes.");
            RuleFor(c => c.Tags).Must(t => t is null || t.Count <= TagRules.MostTags).WithMessage($"A volume has at most {TagRules.MostTags} tags.");
            RuleForEach(c => c.Tags).ATag();
        }
    }
}

/// <summary>The volume's id is taken and it exists, to be created.</summary>
public sealed record RequestVolume(VolumeOrder Order, OperationId Operation) : ICommand<VolumeState>, IBegin
{
    string ICommand.Stream => Order.Volume.Value;

    public Decision Decide(VolumeState state)
    {
        if (state.Existence is not Existence.Absent && VolumeChange.IsMine(state, Operation)) return Decision.Already();
        var created = state.DecideCreate(Order.Volume.Value, new VolumeRequested(Order.Volume, Order.Name, Order.Description, Order.Project, Order.Size, Operation));
        return created is Decision.Accepted { Events: var events }
            ? Decision.Accept([.. events, .. (Order.Tags ?? []).Distinct(StringComparer.Ordinal).Select(t => new ResourceTagged(t))])
            : created;
    }
}

/// <summary>The workflow's last word on a volume that has its disk.</summary>
public sealed record MarkVolumeProvisioned(VolumeId Volume, StorageId Storage, string StoragePath, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) =>
        VolumeChange.End(state, Operation, VolumePhase.Creating, new VolumeProvisioned(Storage, StoragePath, Operation));
}

/// <summary>The workflow's last word on a volume whose creation was undone.</summary>
public sealed record MarkVolumeFailed(VolumeId Volume, Rejection Error, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Creating, new VolumeCreationFailed(Error, Operation));
}

/// <summary>Makes an empty disk that no VM has yet.</summary>
public sealed class CreateVolumeWorkflow : IDefineWorkflow
{
    public const string Name = "volume.create";

    public static IWorkflow Definition { get; } = new Workflow<VolumeOrder>(Name,
    [
        new("request", StepKind.Command,
            r => new RequestVolume(r.Input, r.Operation),
            r => new MarkVolumeFailed(r.Input.Volume, r.Error!, r.Operation)),
        new("quota", StepKind.Command,
            r => new ReserveQuota(r.Input.Project, r.Input.Volume.Value, new QuotaUse(0, 0, Bytes.Zero, r.Input.Size)),
            r => new ReleaseQuota(r.Input.Project, r.Input.Volume.Value)),
        new("place", StepKind.Choice,
            r => new AllocateSpace(At(r).Storage, r.Input.Volume.Value, r.Input.Size),
            r => new ReleaseSpace(At(r).Storage, r.Input.Volume.Value))
        {
            Choose = r => new PlaceVolume(r.Input.Volume.Value, r.Input.Size, r.Input.Zone, r.Input.Storage),
        },
        new("disk", StepKind.Wish,
            r => EnsureDisk.Empty(At(r).Host, r.Input.Volume, At(r).Path, r.Input.Size),
            r => new EnsureDiskAbsent(At(r).Host, r.Input.Volume, At(r).Path)),
        new("provisioned", StepKind.Command,
            r => new MarkVolumeProvisioned(r.Input.Volume, At(r).Storage, At(r).Path, r.Operation)) { MustSucceed = true },
    ]);

    private static Site At(Run<VolumeOrder> run) => Site.Read(run.Chosen("place"));
}
