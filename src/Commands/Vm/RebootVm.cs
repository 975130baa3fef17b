using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginReboot(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Vm, Operation, "reboot", VmPhase.Rebooting, new VmRebooting(Operation), VmPhase.Running);
}

public sealed record MarkVmRebooted(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Rebooting, new VmRebooted(Operation));
}

/// <summary>Restarts the guest where it is. Whatever fails, it runs again in the end.</summary>
public sealed class RebootVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.reboot";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginReboot(r.Input.Vm, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("domain", StepKind.Wish,
            r => new EnsureRebooted(Facts(r).Host!.Value, Facts(r).Spec, r.Operation.Value),
            r => new EnsureRunning(Facts(r).Host!.Value, Facts(r).Spec)),
        new("rebooted", StepKind.Command, r => new MarkVmRebooted(r.Input.Vm, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);
}
