using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Image;

public sealed record CreateImage(ImageId Image, string Name, string? Description, string Location, string Format, Bytes Size)
    : ICommand<ImageState>, ICreateResource
{
    string ICommand.Stream => Image.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [];

    public Decision Decide(ImageState state) => state.Operation.Length > 0
        ? ResourceCommands.Taken(Image.Value)
        : state.DecideCreate(Image.Value, new ImageCreated(Image, Name, Description, Location, Format, Size));

    public sealed class Validator : AbstractValidator<CreateImage>
    {
        public Validator()
        {
            RuleFor(c => c.Image.Value).AnId(ImageId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Location).NotEmpty().MaximumLength(2_048);
            RuleFor(c => c.Format).Must(f => f is "qcow2" or "raw").WithMessage("The format is qcow2 or raw.");
            RuleFor(c => c.Size).Must(m => m >= 1.MiB && m <= 64.TiB).WithMessage("The virtual size is from 1048576 (1 MiB) to 70368744177664 (64 TiB) bytes.");
        }
    }
}

public sealed class CreateImageWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateImage>(ImageId.Kind);
}
