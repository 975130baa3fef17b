using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>Says what becomes of a VM whose host is lost. Its guest must not run: whether it needs a lease is told it when it starts.</summary>
public sealed record SetHostLossPolicy(VmId Vm, HostLossPolicy Policy) : ICommand<VmState>, IOneOff
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        if (state.RefuseUnlessPresent(Vm.Value) is { } refusal) return refusal;
        if (state.OnHostLoss == Policy) return Decision.Already();
        return state.Phase is VmPhase.Stopped
            ? Decision.Accept(new VmHostLossPolicySet(Policy))
            : Decision.Reject(RejectionKind.Conflict, "vm.wrong-state", $"{Vm} is {state.Phase}; to change what becomes of it when its host is lost, it must be {VmPhase.Stopped}.");
    }

    public sealed class Validator : AbstractValidator<SetHostLossPolicy>
    {
        public Validator()
        {
            RuleFor(c => c.Vm.Value).AnId(VmId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Policy).AKnownValue();
        }
    }
}

public sealed class SetHostLossPolicyWorkflow : IDefineWorkflow
{
    public const string Name = "vm.set-host-loss-policy";

    public static IWorkflow Definition { get; } = new Workflow<SetHostLossPolicy>(Name, [new("set", StepKind.Command, r => r.Input)]);
}
