using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Zone;

public sealed record CreateZone(ZoneId Zone, string Name, string? Description)
    : ICommand<ZoneState>, ICreateResource
{
    string ICommand.Stream => Zone.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [];

    public Decision Decide(ZoneState state) =>
        state.DecideCreate(Zone.Value, new ZoneCreated(Zone, Name, Description));

    public sealed class Validator : AbstractValidator<CreateZone>
    {
        public Validator()
        {
            RuleFor(c => c.Zone.Value).AnId(ZoneId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
        }
    }
}

public sealed class CreateZoneWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateZone>(ZoneId.Kind);
}
