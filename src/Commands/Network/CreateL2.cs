using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Network;

public sealed record CreateL2(L2Id L2, string Name, string? Description, ZoneId Zone, IReadOnlyList<ClusterId> Clusters, string Bridge, int? Vlan)
    : ICommand<L2State>, ICreateResource
{
    string ICommand.Stream => L2.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [Zone.Value, .. Clusters.Select(c => c.Value)];

    public Decision Decide(L2State state) =>
        state.DecideCreate(L2.Value, new L2Created(L2, Name, Description, Zone, Clusters, Bridge, Vlan));

    public sealed class Validator : AbstractValidator<CreateL2>
    {
        public Validator()
        {
            RuleFor(c => c.L2.Value).AnId(L2Id.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            // An id of no kind has no stream that could refuse it, nor one to undo on.
            RuleForEach(c => c.Clusters.Select(k => k.Value)).AnId(ClusterId.Kind).OverridePropertyName("ClusterIds");
            RuleFor(c => c.Bridge).Matches("^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$").WithMessage("A bridge's name is 1 to 15 letters, digits, dots, dashes and underscores, a letter first.");
            RuleFor(c => c.Vlan).InclusiveBetween(1, 4_094).When(c => c.Vlan is not null);
        }
    }
}

public sealed class CreateL2Workflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateL2>(L2Id.Kind);
}
