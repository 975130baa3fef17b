using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginPause(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Vm, Operation, "pause", VmPhase.Pausing, new VmPausing(Operation), VmPhase.Running);
}

public sealed record MarkVmPaused(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Pausing, new VmPaused(Operation));
}

/// <summary>Holds the guest where it is. It keeps its host and its memory.</summary>
public sealed class PauseVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.pause";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginPause(r.Input.Vm, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("domain", StepKind.Wish,
            r => new EnsurePaused(Facts(r).Host!.Value, r.Input.Vm),
            r => new EnsureResumed(Facts(r).Host!.Value, r.Input.Vm, IfItRuns: true)),
        new("paused", StepKind.Command, r => new MarkVmPaused(r.Input.Vm, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);
}
