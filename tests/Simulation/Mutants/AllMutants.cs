using IaaS.Commands.Host;
using IaaS.Commands.Image;
using IaaS.Commands.Network;
using IaaS.Commands.Project;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Mutants;

/// <summary>Bugs of the kinds that clouds have had: each must be found.</summary>
public static class AllMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("A failed creation keeps its address") { Workflow = Create(t => Without(t, "addresses")) },
        new("A failed creation keeps its room on the host and the storage") { Workflow = Create(t => Without(t, "place")) },
        new("A failed creation keeps its disk") { Workflow = Create(t => Without(t, "disk")) },
        new("The step that failed is not undone, only those before it") { Workflow = w => new ForgetsFailedStep(w) },
        new("A destroyed VM keeps its quota") { Workflow = Destroy(t => Replaced(t, "release", s => s with { Do = r => WithoutQuota(s.Do(r)) })) },
        new("The disk is taken away before the guest") { Workflow = Destroy(t => Moved(t, "domain", after: "disk")) },
        new("A destroyed VM keeps its volumes") { Workflow = Destroy(t => Replaced(t, "volumes", s => s with { Do = _ => new AllOf([]) })) },
        new("A volume is given away while the guest still has it") { Workflow = Change<VmVolume>(DetachVolumeWorkflow.Name, t => Replaced(t, "disk", s => s with { Do = _ => new AllOf([]) })) },
        new("An attachment that failed leaves the disk with the guest") { Workflow = Change<VmVolume>(AttachVolumeWorkflow.Name, t => Without(t, "disk")) },
        new("A deleted volume keeps its quota") { Workflow = Change<VolumeTarget>(DeleteVolumeWorkflow.Name, t => Replaced(t, "release", s => s with { Do = r => WithoutQuota(s.Do(r)) })) },
        new("A started VM is without its volumes") { Workflow = Change<VmTarget>(StartVmWorkflow.Name, t => Replaced(t, "domain", s => s with { Do = r => WithoutDisks((EnsureRunning)s.Do(r)) })) },
        new("A destroyed VM keeps its snapshots") { Workflow = Destroy(t => Replaced(t, "snapshots", s => s with { Do = _ => new AllOf([]) })) },
        new("A snapshot that failed stays on the disk") { Workflow = Change<SnapshotOrder>(CreateSnapshotWorkflow.Name, t => Without(t, "disk")) },
        new("A snapshot is taken while the guest writes") { Workflow = Change<SnapshotOrder>(CreateSnapshotWorkflow.Name, t => [.. t.Where(s => s.Name is not "vm" and not "vm-released")]) },
        new("An image that failed stays on its storage") { Workflow = Change<ImageOrder>(CreateImageFromVolumeWorkflow.Name, t => Without(t, "disk")) },
        new("An image is made while the guest writes") { Workflow = Change<ImageOrder>(CreateImageFromVolumeWorkflow.Name, t => [.. t.Where(s => s.Name is not "vm" and not "vm-released")]) },
        new("A deleted image keeps its file") { Workflow = Change<ImageTarget>(DeleteImageWorkflow.Name, t => Replaced(t, "file", s => s with { Do = _ => new AllOf([]) })) },
        new("A detached NIC keeps its address") { Workflow = Change<VmNicTarget>(DetachNicWorkflow.Name, t => Replaced(t, "address", s => s with { Do = _ => new AllOf([]) })) },
        new("A NIC whose attachment failed stays with the guest") { Workflow = Change<VmNicOrder>(AttachNicWorkflow.Name, t => Without(t, "plug")) },
        new("A NIC's network is taken away before the guest lets go of it") { Workflow = Change<VmNicTarget>(DetachNicWorkflow.Name, t => Moved(t, "plug", after: "nic")) },
        new("A stop gives the addresses back") { Workflow = Change<VmTarget>(StopVmWorkflow.Name, t => Replaced(t, "host", s => s with { Do = r => AndAddresses(s.Do(r), r) })) },
        new("A reboot that failed is not started again") { Workflow = Change<VmTarget>(RebootVmWorkflow.Name, t => Without(t, "domain")) },
        new("A stop turns back where it no longer can") { Workflow = Change<VmTarget>(StopVmWorkflow.Name, t => Replaced(t, "host", s => s with { MustSucceed = false, Do = _ => new ReserveQuota(Cloud.Project, "nobody", new(1_000, 0, Bytes.Zero, Bytes.Zero)) })) },
        new("An address is given without a look at who has it") { Command = c => c is AllocateAddress a ? new Misled<L3State>(a, s => s with { Holders4 = s.Holders4.Clear() }) : c },
        new("A host takes more than it has") { Command = c => c is ReserveCapacity r ? new Misled<HostState>(r, s => s with { UsedCpus = 0 }) : c },
        new("A refused quota is taken for granted one") { Answer = (c, d) => c is ReserveQuota && d is Decision.Rejected ? Decision.Already() : d },
        new("Deadlines are not kept") { Workflow = w => new Endless(w) },
        new("What a crash interrupted is not taken up") { NeverResumes = true },
        new("A repeated request is carried out again") { Repeat = r => r with { Id = new OperationId($"{r.Id}-again") } },
        new("A host is taken for lost while its lease holds") { IgnoresLeases = true },
        new("A guest that the log gave away is left on its host") { Workflow = Change<VmStray>(ClearStrayWorkflow.Name, t => Replaced(t, "domain", s => s with { Do = _ => new AllOf([]) })) },
        new("What was told before it was durable is taken for durable") { ForgetsDependencies = true },
        new("The store appends without a look at the version") { IgnoresVersions = true },
    ];

    private static Func<IWorkflow, IWorkflow> Create(Func<IReadOnlyList<Step<VmOrder>>, IReadOnlyList<Step<VmOrder>>> change) => Change(CreateVmWorkflow.Name, change);

    private static Func<IWorkflow, IWorkflow> Destroy(Func<IReadOnlyList<Step<VmTarget>>, IReadOnlyList<Step<VmTarget>>> change) => Change(DestroyVmWorkflow.Name, change);

    private static Func<IWorkflow, IWorkflow> Change<TInput>(string name, Func<IReadOnlyList<Step<TInput>>, IReadOnlyList<Step<TInput>>> change) where TInput : class =>
        w => w is Workflow<TInput> table && string.Equals(w.Name, name, StringComparison.Ordinal) ? new Workflow<TInput>(name, change(table.Table)) { TimeLimit = table.TimeLimit } : w;

    private static IReadOnlyList<Step<T>> Without<T>(IReadOnlyList<Step<T>> table, string undoOf) => Replaced(table, undoOf, s => s with { Undo = null });

    private static IReadOnlyList<Step<T>> Replaced<T>(IReadOnlyList<Step<T>> table, string step, Func<Step<T>, Step<T>> by) =>
        [.. table.Select(s => string.Equals(s.Name, step, StringComparison.Ordinal) ? by(s) : s)];

    private static IReadOnlyList<Step<T>> Moved<T>(IReadOnlyList<Step<T>> table, string step, string after)
    {
        var moved = table.Single(s => string.Equals(s.Name, step, StringComparison.Ordinal));
        return [.. table.Where(s => s != moved).SelectMany(s => string.Equals(s.Name, after, StringComparison.Ordinal) ? (Step<T>[])[s, moved] : [s])];
    }

    private static AllOf WithoutQuota(IRequest release) => new([.. ((AllOf)release).Requests.Where(r => r is not ReleaseQuota)]);

    private static EnsureRunning WithoutDisks(EnsureRunning run) => run with { Spec = run.Spec with { Disks = null } };

    private static AllOf AndAddresses(IRequest release, Run<VmTarget> run) =>
        new([release, .. VmFacts.Read(run["begin"]).Nics.Select(n => new ReleaseAddress(n.L3, n.Spec.Id))]);
}

/// <summary>Nothing is undone of the step that failed, as if a failure meant that nothing happened.</summary>
public sealed class ForgetsFailedStep(IWorkflow inner) : Around(inner)
{
    public override IRequest Undo(OperationId operation, object input, OperationState state, int step) =>
        string.Equals(state.Failure?.Step, Steps[step].Name, StringComparison.Ordinal) ? new AllOf([]) : base.Undo(operation, input, state, step);
}

/// <summary>Has all the time in the world.</summary>
public sealed class Endless(IWorkflow inner) : Around(inner)
{
    public override TimeSpan TimeLimit => TimeSpan.FromDays(30);
}

/// <summary>A workflow, and what a mutant changes of it.</summary>
public abstract class Around(IWorkflow inner) : IWorkflow
{
    public string Name => inner.Name;

    public virtual TimeSpan TimeLimit => inner.TimeLimit;

    public IReadOnlyList<StepShape> Steps => inner.Steps;

    public bool Keeps => inner.Keeps;

    public Type InputType => inner.InputType;

    public object ReadInput(System.Text.Json.JsonElement input) => inner.ReadInput(input);

    public Next Next(OperationId operation, object input, OperationState state) => inner.Next(operation, input, state);

    public bool Applies(OperationId operation, object input, OperationState state, int step) => inner.Applies(operation, input, state, step);

    public IRequest Do(OperationId operation, object input, OperationState state, int step) => inner.Do(operation, input, state, step);

    public IRequest Choose(OperationId operation, object input, OperationState state, int step) => inner.Choose(operation, input, state, step);

    public virtual IRequest Undo(OperationId operation, object input, OperationState state, int step) => inner.Undo(operation, input, state, step);
}
