using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Offering;

namespace IaaS.Commands.Offering;

public sealed record CreateDiskOffering(DiskOfferingId DiskOffering, string Name, string? Description, Bytes Size)
    : ICommand<DiskOfferingState>, ICreateResource
{
    string ICommand.Stream => DiskOffering.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [];

    public Decision Decide(DiskOfferingState state) =>
        state.DecideCreate(DiskOffering.Value, new DiskOfferingCreated(DiskOffering, Name, Description, Size));

    public sealed class Validator : AbstractValidator<CreateDiskOffering>
    {
        public Validator()
        {
            RuleFor(c => c.DiskOffering.Value).AnId(DiskOfferingId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Size).Must(m => m >= 1.MiB && m <= 64.TiB).WithMessage("The size is from 1048576 (1 MiB) to 70368744177664 (64 TiB) bytes.");
        }
    }
}

public sealed class CreateDiskOfferingWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateDiskOffering>(DiskOfferingId.Kind);
}
