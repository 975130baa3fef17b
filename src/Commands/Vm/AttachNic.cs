using System.Text.Json;
using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Network;
using IaaS.Commands.Placement;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>A VM, and a NIC that it gets.</summary>
public sealed record VmNicOrder(VmId Vm, NicRequest Nic)
{
    /// <summary>Of which there can be one only, whoever else chooses ids: no other VM has this name, and no id that is made has a dash.</summary>
    public static bool IsOwnName(VmId vm, string nic)
    {
        var dash = nic.LastIndexOf('-');
        return ResourceId.IsValid(nic, "nic") && dash > 0 && string.Equals(nic[..dash], $"nic-{vm.Value[(VmId.Kind.Length + 1)..]}", StringComparison.Ordinal);
    }

    public sealed class Validator : AbstractValidator<VmNicOrder>
    {
        public Validator()
        {
            RuleFor(c => c.Nic.Nic).AnId("nic").OverridePropertyName("Id");
            RuleFor(c => c.Nic.Address).Must(a => IpV4.TryParse(a, out _)).When(c => c.Nic.Address is not null)
                .OverridePropertyName("Address").WithMessage("An address is four numbers with dots.");
        }
    }
}

public sealed record BeginAttachNic(VmId Vm, NicRequest Nic, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state)
    {
        var begun = VmChange.Begin(state, Vm, Operation, "attach a NIC to", VmPhase.AttachingNic, new VmAttachingNic(Nic, Operation), VmPhase.Running, VmPhase.Stopped);
        if (begun is not Decision.Accepted { Events.Count: > 0 }) return begun;
        if (state.NicIds.Contains(Nic.Nic)) return Decision.Reject(RejectionKind.Conflict, "vm.nic-exists", $"{Vm} has {Nic.Nic} already, or had. Send another id, or none to get one.");
        return state.Nics.Length >= VmNic.Most
            ? Decision.Reject(RejectionKind.Conflict, "vm.too-many-nics", $"{Vm} has {VmNic.Most} NICs, as many as it may. Detach one first.")
            : begun;
    }
}

public sealed record MarkNicAttached(VmId Vm, VmNic Nic, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.AttachingNic, new VmNicAttached(Nic, Operation));
}

/// <summary>Gives a VM one more NIC, with an address. A guest that runs has it at once; one that does not, when it starts.</summary>
public sealed class AttachNicWorkflow : IDefineWorkflow
{
    public const string Name = "vm.attach-nic";

    public static IWorkflow Definition { get; } = new Workflow<VmNicOrder>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginAttachNic(r.Input.Vm, r.Input.Nic, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        // Nothing is reserved: it only asks whether the VM can run where the network is.
        new("reach", StepKind.Choice, _ => new AllOf([]), _ => new AllOf([])) { Choose = r => ReachNetwork.ToAttach(Vm(r), r.Input.Nic.L3) },
        new("address", StepKind.Command,
            r => new AllocateAddress(r.Input.Nic.L3, r.Input.Nic.Nic, r.Input.Nic.Mac, r.Input.Nic.Address),
            r => new ReleaseAddress(r.Input.Nic.L3, r.Input.Nic.Nic)),
        // The undo of what was skipped is asked for, too: on no host there is nothing to be undone.
        new("nic", StepKind.Wish,
            r => new EnsureNic(Vm(r).Host!.Value, r.Input.Vm, Spec(r)),
            r => Runs(r) ? new EnsureNicAbsent(Vm(r).Host!.Value, r.Input.Vm, r.Input.Nic.Nic) : new AllOf([])) { When = Runs },
        new("plug", StepKind.Wish,
            r => new EnsureNicAttached(Vm(r).Host!.Value, r.Input.Vm, Spec(r)),
            r => Runs(r) ? new EnsureNicDetached(Vm(r).Host!.Value, r.Input.Vm, r.Input.Nic.Nic, r.Input.Nic.Mac) : new AllOf([])) { When = Runs },
        new("attached", StepKind.Command,
            r => new MarkNicAttached(r.Input.Vm, new VmNic(r.Input.Nic.L3, Spec(r)), r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Vm(Run<VmNicOrder> run) => run.Output("begin").As(VmFacts.Read);

    private static NicSpec Spec(Run<VmNicOrder> run) => JsonSerializer.Deserialize<NicSpec>(run["address"], DomainJson.Options)!;

    private static bool Runs(Run<VmNicOrder> run) => Vm(run).Host is not null;
}
