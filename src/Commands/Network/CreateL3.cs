using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;

namespace IaaS.Commands.Network;

public sealed record CreateL3(L3Id L3, string Name, string? Description, L2Id L2, string Bridge, int? Vlan, string Cidr, string? Gateway)
    : ICommand<L3State>, ICreateResource
{
    string ICommand.Stream => L3.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [L2.Value];

    public Decision Decide(L3State state) =>
        state.DecideCreate(L3.Value, new L3Created(L3, Name, Description, L2, Bridge, Vlan, Cidr, Gateway));

    public sealed class Validator : AbstractValidator<CreateL3>
    {
        public Validator()
        {
            RuleFor(c => c.L3.Value).AnId(L3Id.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Cidr).Must(c => Subnet.TryParse(c, out _)).WithMessage("The CIDR is a network address and a prefix length from 8 to 30, for example 10.0.0.0/16.");
            RuleFor(c => c.Gateway).Must((c, g) => Subnet.TryParse(c.Cidr, out var subnet) && IpV4.TryParse(g, out var address) && subnet.Holds(address)).When(c => c.Gateway is not null && Subnet.TryParse(c.Cidr, out _)).WithMessage("The gateway is an IPv4 address of the network, neither its first nor its last.");
        }
    }
}

public sealed class CreateL3Workflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateL3>(L3Id.Kind);
}
