using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Network;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>A VM, and a NIC that it loses.</summary>
public sealed record VmNicTarget(VmId Vm, string Nic)
{
    public sealed class Validator : AbstractValidator<VmNicTarget>
    {
        public Validator() => RuleFor(c => c.Nic).AnId("nic").OverridePropertyName("nicId");
    }
}

public sealed record BeginDetachNic(VmId Vm, string Nic, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        var begun = VmChange.Begin(state, Vm, Operation, "detach a NIC from", VmPhase.DetachingNic, new VmDetachingNic(Nic, Operation), VmPhase.Running, VmPhase.Stopped);
        return begun is Decision.Accepted && state.Nics.All(n => !string.Equals(n.Spec.Id, Nic, StringComparison.Ordinal))
            ? Decision.Reject(RejectionKind.NotFound, "vm.nic-not-found", $"{Vm} has no {Nic}.")
            : begun;
    }
}

public sealed record MarkNicDetached(VmId Vm, string Nic, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.DetachingNic, new VmNicDetached(Nic, Operation));
}

/// <summary>Takes a NIC from a VM, and gives its address back. Until the guest has let go of it, it can be given back.</summary>
public sealed class DetachNicWorkflow : IDefineWorkflow
{
    public const string Name = "vm.detach-nic";

    public static IWorkflow Definition { get; } = new Workflow<VmNicTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginDetachNic(r.Input.Vm, r.Input.Nic, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("plug", StepKind.Wish,
            r => new EnsureNicDetached(Vm(r).Host!.Value, r.Input.Vm, r.Input.Nic, Nic(r).Spec.Mac),
            // Asked for also when the step was skipped: a VM that does not run has no domain.
            r => Runs(r) ? new EnsureNicAttached(Vm(r).Host!.Value, r.Input.Vm, Nic(r).Spec) : new AllOf([])) { When = Runs },
        new("nic", StepKind.Wish, r => new EnsureNicAbsent(Vm(r).Host!.Value, r.Input.Vm, r.Input.Nic)) { MustSucceed = true, When = Runs },
        // The guest has let go of it: from now on another may have its address.
        new("address", StepKind.Command, r => new ReleaseAddress(Nic(r).L3, r.Input.Nic)) { MustSucceed = true },
        new("detached", StepKind.Command, r => new MarkNicDetached(r.Input.Vm, r.Input.Nic, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Vm(Run<VmNicTarget> run) => run.Output("begin").As(VmFacts.Read);

    private static VmNic Nic(Run<VmNicTarget> run) => Vm(run).Nics.Single(n => string.Equals(n.Spec.Id, run.Input.Nic, StringComparison.Ordinal));

    private static bool Runs(Run<VmNicTarget> run) => Vm(run).Host is not null;
}
