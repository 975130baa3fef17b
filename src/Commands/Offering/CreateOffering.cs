using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Offering;

namespace IaaS.Commands.Offering;

public sealed record CreateOffering(OfferingId Offering, string Name, string? Description, int Cpus, Bytes Memory)
    : ICommand<OfferingState>, ICreateResource
{
    string ICommand.Stream => Offering.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [];

    public Decision Decide(OfferingState state) =>
        state.DecideCreate(Offering.Value, new OfferingCreated(Offering, Name, Description, Cpus, Memory));

    public sealed class Validator : AbstractValidator<CreateOffering>
    {
        public Validator()
        {
            RuleFor(c => c.Offering.Value).AnId(OfferingId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Cpus).InclusiveBetween(1, 512);
            RuleFor(c => c.Memory).Must(m => m >= 16.MiB && m <= 64.TiB).WithMessage("Memory is from 16777216 (16 MiB) to 70368744177664 (64 TiB) bytes.");
        }
    }
}

public sealed class CreateOfferingWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateOffering>(OfferingId.Kind);
}
