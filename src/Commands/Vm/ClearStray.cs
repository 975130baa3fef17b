using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <param name="Host">That has a domain of the VM, which is not there by the log.</param>
public sealed record VmStray(VmId Vm, HostId Host)
{
    public sealed class Validator : AbstractValidator<VmStray>
    {
        public Validator()
        {
            RuleFor(c => c.Vm.Value).AnId(VmId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Host.Value).AnId(HostId.Kind).OverridePropertyName("hostId");
        }
    }
}

/// <summary>Holds the VM while its stray is removed: nothing may start it on that host meanwhile.</summary>
public sealed record BeginClearStray(VmStray Stray, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Stray.Vm.Value;

    public Decision Decide(VmState state)
    {
        // What has been destroyed is started by nobody.
        if (state.Phase is VmPhase.Destroyed) return Decision.Already(Facts(state));
        return state.Host == Stray.Host && !state.IsBusy
            ? Decision.Reject(RejectionKind.Conflict, "vm.not-stray", $"{Stray.Vm} is on {Stray.Host} by the log, too. It is left alone.")
            : VmChange.Begin(state, Stray.Vm, Operation, "clear a stray of it", VmPhase.ClearingStray, new VmStrayClearing(Stray.Host, Operation),
                VmPhase.Running, VmPhase.Stopped, VmPhase.Paused, VmPhase.Recycled, VmPhase.Failed, VmPhase.Unknown) switch
            {
                Decision.Accepted begun => begun with { Output = Facts(state) },
                var refused => refused,
            };
    }

    /// <summary>That host may have NICs that the VM has lost since.</summary>
    private static string Facts(VmState state) => (VmFacts.Of(state) with { NicIds = [.. state.NicIds] }).Write();
}

public sealed record MarkStrayCleared(VmStray Stray, OperationId Operation) : ICommand<VmState>, IOneOff
{
    string ICommand.Stream => Stray.Vm.Value;

    public Decision Decide(VmState state) => state.Phase is VmPhase.Destroyed
        ? Decision.Accept(new VmStrayCleared(Stray.Host, Operation))
        : VmChange.End(state, Operation, VmPhase.ClearingStray, new VmStrayCleared(Stray.Host, Operation));
}

/// <summary>Removes a domain from a host that came back with it after the log had given its VM away.</summary>
public sealed class ClearStrayWorkflow : IDefineWorkflow
{
    public const string Name = "vm.clear-stray";

    public static IWorkflow Definition { get; } = new Workflow<VmStray>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginClearStray(r.Input, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("domain", StepKind.Wish, r => new EnsureAbsent(r.Input.Host, r.Input.Vm)) { MustSucceed = true },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Nics(r.Output("begin").As(VmFacts.Read)).Select(n => new EnsureNicAbsent(r.Input.Host, r.Input.Vm, n))])) { MustSucceed = true },
        new("cleared", StepKind.Command, r => new MarkStrayCleared(r.Input, r.Operation)) { MustSucceed = true },
    ]);

    /// <summary>An older version of this program named only those that the VM had.</summary>
    private static IEnumerable<string> Nics(VmFacts vm) => vm.NicIds ?? vm.Nics.Select(n => n.Spec.Id);
}
