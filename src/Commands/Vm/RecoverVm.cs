using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>Takes a VM out of the recycle bin; it is stopped.</summary>
public sealed record RecoverVm(VmId Vm, OperationId Operation) : ICommand<VmState>, IOneOff
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        if (state.RefuseUnlessPresent(Vm.Value) is { } refusal) return refusal;
        return state.Phase is VmPhase.Recycled
            ? Decision.Accept(new VmRecovered(Operation))
            : Decision.Reject(RejectionKind.Conflict, "vm.wrong-state", $"{Vm} is {state.Phase}; to recover it, it must be {VmPhase.Recycled}.");
    }
}

public sealed class RecoverVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.recover";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name, [new("recover", StepKind.Command, r => new RecoverVm(r.Input.Vm, r.Operation))]);
}
