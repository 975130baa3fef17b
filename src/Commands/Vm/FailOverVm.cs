using FluentValidation;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <param name="Fenced">Somebody has seen to it that the guest does not run: its host has no power. Needed for a guest without a lease.</param>
/// <param name="InPlace">Its host is there, and its guest is not: it is started there again.</param>
public sealed record VmFailover(VmId Vm, bool Fenced = false, bool InPlace = false)
{
    public sealed class Validator : AbstractValidator<VmFailover>
    {
        public Validator() => RuleFor(c => c.Vm.Value).AnId(VmId.Kind).OverridePropertyName("Id");
    }
}

public sealed record BeginFailover(VmId Vm, bool Fenced, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state is { Phase: VmPhase.Unknown, OnHostLoss: HostLossPolicy.Wait } && !Fenced
        ? Decision.Reject(RejectionKind.Conflict, "vm.not-fenced", $"{Vm} may still run on {state.Host}: its guest needs no lease. Cut that host's power, and say so with fenced.")
        : VmChange.Begin(state, Vm, Operation, "fail it over", VmPhase.FailingOver, new VmFailingOver(Operation), VmPhase.Unknown);
}

public sealed record MarkVmFailedOver(VmId Vm, HostId Host, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.FailingOver, new VmFailedOver(Host, Operation));
}

/// <summary>
/// Starts a VM whose host is lost on another one, or one whose guest is missing where it was. It does not ask the lost host, which cannot answer; what that host still has of the VM
/// is cleared when it is back.
/// </summary>
public sealed class FailOverVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.fail-over";

    public static IWorkflow Definition { get; } = new Workflow<VmFailover>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginFailover(r.Input.Vm, r.Input.Fenced || r.Input.InPlace, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("host", StepKind.Choice,
            r => new ReserveCapacity(To(r), r.Input.Vm.Value, Facts(r).Cpus, Facts(r).Memory),
            r => r.Input.InPlace ? new AllOf([]) : new ReleaseCapacity(To(r), r.Input.Vm.Value))
        {
            Choose = r => PlaceVm.ToMigrate(Facts(r), to: null), When = r => !r.Input.InPlace,
        },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNic(To(r), r.Input.Vm, n.Spec))]),
            r => new AllOf(r.Input.InPlace ? [] : [.. Facts(r).Nics.Select(n => new EnsureNicAbsent(To(r), r.Input.Vm, n.Spec.Id))])),
        new("domain", StepKind.Wish,
            r => new EnsureRunning(To(r), Facts(r).Spec),
            r => r.Input.InPlace ? new EnsureStopped(To(r), r.Input.Vm, Force: true) : new EnsureAbsent(To(r), r.Input.Vm)),
        new("release", StepKind.Command, r => new ReleaseCapacity(Facts(r).Host!.Value, r.Input.Vm.Value)) { MustSucceed = true, When = r => !r.Input.InPlace },
        new("failed-over", StepKind.Command, r => new MarkVmFailedOver(r.Input.Vm, To(r), r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmFailover> run) => run.Output("begin").As(VmFacts.Read);

    private static HostId To(Run<VmFailover> run) => run.Input.InPlace ? Facts(run).Host!.Value : Site.Read(run.Chosen("host")).Host;
}
