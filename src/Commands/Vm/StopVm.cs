using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginStop(VmId Vm, bool Force, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Vm, Operation, "stop", VmPhase.Stopping, new VmStopping(Force, Operation), VmPhase.Running, VmPhase.Unknown);
}

public sealed record MarkVmStopped(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Stopping, new VmStopped(Operation));
}

/// <summary>
/// Until the guest is down a stop can be undone: the VM runs again. From then on it goes through. A stopped VM keeps its
/// disk and its addresses and gives its host's capacity back.
/// </summary>
public sealed class StopVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.stop";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginStop(r.Input.Vm, r.Input.Force, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("shutdown", StepKind.Wish,
            r => new EnsureStopped(Facts(r).Host!.Value, r.Input.Vm, r.Input.Force),
            r => new EnsureRunning(Facts(r).Host!.Value, Facts(r).Spec)),
        new("domain", StepKind.Wish, r => new EnsureAbsent(Facts(r).Host!.Value, r.Input.Vm)) { MustSucceed = true },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(Facts(r).Host!.Value, r.Input.Vm, n.Spec.Id))])) { MustSucceed = true },
        new("host", StepKind.Command, r => new ReleaseCapacity(Facts(r).Host!.Value, r.Input.Vm.Value)) { MustSucceed = true },
        new("stopped", StepKind.Command, r => new MarkVmStopped(r.Input.Vm, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);
}
