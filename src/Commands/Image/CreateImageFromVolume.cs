using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Placement;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Volume;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Image;

/// <summary>What <c>image.create-from-volume</c> was asked for. Stored with the operation.</summary>
public sealed record ImageOrder(ImageId Image, string Name, string? Description, VolumeId Volume)
{
    public sealed class Validator : AbstractValidator<ImageOrder>
    {
        public Validator()
        {
            RuleFor(c => c.Image.Value).AnId(ImageId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
        }
    }
}

/// <summary>The image's id is taken; there is no image yet.</summary>
public sealed record RequestImage(ImageId Image, VolumeId Volume, OperationId Operation) : ICommand<ImageState>, IBegin
{
    string ICommand.Stream => Image.Value;

    public Decision Decide(ImageState state)
    {
        if (state.Operation.Length == 0 && state.Existence is Existence.Absent) return Decision.Accept(new ImageRequested(Image, Volume, Operation));
        return string.Equals(state.Operation, Operation.Value, StringComparison.Ordinal) ? Decision.Already() : ResourceCommands.Taken(Image.Value);
    }
}

public sealed record BeginImage(VolumeId Volume, ImageId Image, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.Begin(state, Volume, Operation, "make an image of", VolumePhase.Imaging,
        new VolumeImaging(Image, Operation), VolumePhase.Detached, VolumePhase.Attached);
}

public sealed record MarkVolumeImaged(VolumeId Volume, ImageId Image, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.End(state, Operation, VolumePhase.Imaging, new VolumeImaged(Image, Operation));
}

public sealed record MarkImageMade(ImageMade Made) : ICommand<ImageState>
{
    string ICommand.Stream => Made.Image.Value;

    public Decision Decide(ImageState state) => state.Existence is Existence.Absent && string.Equals(state.Operation, Made.Operation.Value, StringComparison.Ordinal)
        ? Decision.Accept(Made)
        : Decision.Already();
}

/// <summary>Makes an image of what a volume holds, on the volume's storage, while no guest writes to it.</summary>
public sealed class CreateImageFromVolumeWorkflow : IDefineWorkflow
{
    public const string Name = "image.create-from-volume";

    public static IWorkflow Definition { get; } = new Workflow<ImageOrder>(Name,
    [
        new("request", StepKind.Command, r => new RequestImage(r.Input.Image, r.Input.Volume, r.Operation)),
        new("volume", StepKind.Command,
            r => new BeginImage(r.Input.Volume, r.Input.Image, r.Operation),
            r => new UndoVolumeChange(r.Input.Volume, r.Error!, r.Operation)) { Recorded = true },
        SnapshotChange.HoldVm<ImageOrder>(i => i.Volume),
        // The image stands on the storage, which cannot be deleted while it is there.
        new("storage", StepKind.Command,
            r => new AddDependent(Volume(r).Storage!.Value.Value, r.Input.Image.Value, r.Operation.Value),
            r => new RemoveDependent(Volume(r).Storage!.Value.Value, r.Input.Image.Value, r.Operation.Value)),
        // Nothing is reserved: it only asks which host does it.
        new("host", StepKind.Choice, _ => new AllOf([]), _ => new AllOf([])) { Choose = SnapshotChange.Reach },
        new("disk", StepKind.Wish,
            r => new EnsureImage(Site.Read(r.Chosen("host")).Host, r.Input.Volume, Path(r), r.Input.Image),
            r => new EnsureImageAbsent(Site.Read(r.Chosen("host")).Host, Path(r), r.Input.Image)),
        new("volume-imaged", StepKind.Command, r => new MarkVolumeImaged(r.Input.Volume, r.Input.Image, r.Operation)) { MustSucceed = true },
        new("made", StepKind.Command, r => new MarkImageMade(new ImageMade(
            r.Input.Image, r.Input.Name, r.Input.Description, r.Input.Volume, Volume(r).Storage!.Value, Path(r),
            ImageOnStorage.Location(Volume(r).Storage!.Value, r.Input.Image), "qcow2", Volume(r).Size, r.Operation))) { MustSucceed = true },
        SnapshotChange.ReleaseVm<ImageOrder>(i => i.Volume),
    ])
    {
        // All of a disk is copied.
        TimeLimit = TimeSpan.FromHours(1),
    };

    private static VolumeFacts Volume(Run<ImageOrder> run) => SnapshotChange.Volume(run);

    private static string Path(Run<ImageOrder> run) => SnapshotChange.Path(run, run.Input.Volume);
}
