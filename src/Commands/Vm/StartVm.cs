using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginStart(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Vm, Operation, "start", VmPhase.Starting, new VmStarting(Operation), VmPhase.Stopped);
}

public sealed record MarkVmStarted(VmId Vm, HostId Host, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Starting, new VmStarted(Host, Operation));
}

/// <summary>Finds a host that reaches the VM's disk, the last one first, and runs it there.</summary>
public sealed class StartVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.start";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginStart(r.Input.Vm, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("host", StepKind.Choice,
            r => new ReserveCapacity(Host(r), r.Input.Vm.Value, Facts(r).Cpus, Facts(r).Memory),
            r => new ReleaseCapacity(Host(r), r.Input.Vm.Value))
        {
            Choose = r => PlaceVm.ToStart(Facts(r)),
        },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNic(Host(r), r.Input.Vm, n.Spec))]),
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(Host(r), r.Input.Vm, n.Spec.Id))])),
        new("domain", StepKind.Wish,
            r => new EnsureRunning(Host(r), Facts(r).Spec),
            r => new EnsureAbsent(Host(r), r.Input.Vm)),
        new("started", StepKind.Command, r => new MarkVmStarted(r.Input.Vm, Host(r), r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);

    private static HostId Host(Run<VmTarget> run) => Site.Read(run.Chosen("host")).Host;
}
