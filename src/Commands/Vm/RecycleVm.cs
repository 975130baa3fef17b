using FluentValidation;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <param name="Until">From then on it is destroyed.</param>
public sealed record VmDiscard(VmId Vm, DateTimeOffset Until)
{
    public sealed class Validator : AbstractValidator<VmDiscard>
    {
        public Validator() => RuleFor(c => c.Vm.Value).AnId(VmId.Kind).OverridePropertyName("Id");
    }
}

public sealed record BeginRecycle(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state.Phase is VmPhase.Recycled
        ? Decision.Reject(RejectionKind.Conflict, "vm.recycled", $"{Vm} is in the recycle bin already. Recover it, or expunge it.")
        : VmChange.Begin(state, Vm, Operation, "recycle", VmPhase.Recycling, new VmRecycling(Operation), VmPhase.Running, VmPhase.Stopped);
}

public sealed record MarkVmRecycled(VmId Vm, DateTimeOffset Until, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Recycling, new VmRecycled(Until, Operation));
}

/// <summary>
/// Stops a VM, by force, and puts it into the recycle bin: it keeps its disk, its addresses and its quota until it is recovered or
/// its time is up, and gives its host's capacity back.
/// </summary>
public sealed class RecycleVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.recycle";

    public static IWorkflow Definition { get; } = new Workflow<VmDiscard>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginRecycle(r.Input.Vm, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("shutdown", StepKind.Wish,
            r => new EnsureStopped(Facts(r).Host!.Value, r.Input.Vm, Force: true),
            // Asked for also when the step was skipped: a VM that did not run is left as it was.
            r => Runs(r) ? new EnsureRunning(Facts(r).Host!.Value, Facts(r).Spec) : new AllOf([])) { When = Runs },
        new("domain", StepKind.Wish, r => new EnsureAbsent(Facts(r).Host!.Value, r.Input.Vm)) { MustSucceed = true, When = Runs },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(Facts(r).Host!.Value, r.Input.Vm, n.Spec.Id))])) { MustSucceed = true, When = Runs },
        new("host", StepKind.Command, r => new ReleaseCapacity(Facts(r).Host!.Value, r.Input.Vm.Value)) { MustSucceed = true, When = Runs },
        new("recycled", StepKind.Command, r => new MarkVmRecycled(r.Input.Vm, r.Input.Until, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmDiscard> run) => run.Output("begin").As(VmFacts.Read);

    private static bool Runs(Run<VmDiscard> run) => Facts(run).Host is not null;
}
