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

/// <param name="To">Where it must go; null for wherever it fits.</param>
public sealed record VmMigration(VmId Vm, HostId? To)
{
    public sealed class Validator : AbstractValidator<VmMigration>
    {
        public Validator() => RuleFor(c => c.To!.Value.Value).AnId(HostId.Kind).When(c => c.To is not null).OverridePropertyName("hostId");
    }
}

public sealed record BeginMigrate(VmId Vm, HostId? To, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state is { Phase: VmPhase.Running, Host: { } host } && host == To
        ? Decision.Reject(RejectionKind.Conflict, "vm.already-there", $"{Vm} runs on {host} already. Name another host, or none.")
        : VmChange.Begin(state, Vm, Operation, "migrate", VmPhase.Migrating, new VmMigrating(Operation), VmPhase.Running);
}

public sealed record MarkVmMigrated(VmId Vm, HostId Host, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Migrating, new VmMigrated(Host, Operation));
}

/// <summary>
/// Moves a guest to another host while it runs. It holds room on both meanwhile. Until it is known to be there, it can be brought
/// back; from then on what it had on the old host is cleared away.
/// </summary>
public sealed class MigrateVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.migrate";

    public static IWorkflow Definition { get; } = new Workflow<VmMigration>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginMigrate(r.Input.Vm, r.Input.To, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("host", StepKind.Choice,
            r => new ReserveCapacity(To(r), r.Input.Vm.Value, Facts(r).Cpus, Facts(r).Memory),
            r => new ReleaseCapacity(To(r), r.Input.Vm.Value))
        {
            Choose = r => PlaceVm.ToMigrate(Facts(r), r.Input.To),
        },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNic(To(r), r.Input.Vm, n.Spec))]),
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(To(r), r.Input.Vm, n.Spec.Id))])),
        new("domain", StepKind.Wish,
            r => new EnsureMigrated(From(r), To(r), Facts(r).Spec),
            r => new EnsureNotMigrated(From(r), To(r), Facts(r).Spec)),
        new("leave", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(From(r), r.Input.Vm, n.Spec.Id))])) { MustSucceed = true },
        new("release", StepKind.Command, r => new ReleaseCapacity(From(r), r.Input.Vm.Value)) { MustSucceed = true },
        new("migrated", StepKind.Command, r => new MarkVmMigrated(r.Input.Vm, To(r), r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmMigration> run) => run.Output("begin").As(VmFacts.Read);

    private static HostId From(Run<VmMigration> run) => Facts(run).Host!.Value;

    private static HostId To(Run<VmMigration> run) => Site.Read(run.Chosen("host")).Host;
}
