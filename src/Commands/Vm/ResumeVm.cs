using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginResume(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Vm, Operation, "resume", VmPhase.Resuming, new VmResuming(Operation), VmPhase.Paused);
}

public sealed record MarkVmResumed(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Resuming, new VmResumed(Operation));
}

/// <summary>Lets a paused guest go on.</summary>
public sealed class ResumeVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.resume";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginResume(r.Input.Vm, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("domain", StepKind.Wish,
            r => new EnsureResumed(Facts(r).Host!.Value, r.Input.Vm),
            r => new EnsurePaused(Facts(r).Host!.Value, r.Input.Vm, IfItRuns: true)),
        new("resumed", StepKind.Command, r => new MarkVmResumed(r.Input.Vm, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);
}
