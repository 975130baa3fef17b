using System.Text.Json;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Network;
using IaaS.Commands.Placement;
using IaaS.Commands.Project;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Storage;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record BeginDestroy(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.Begin(state, Vm, Operation, "destroy", VmPhase.Destroying,
        new VmDestroying(Operation), VmPhase.Running, VmPhase.Stopped, VmPhase.Paused, VmPhase.Recycled, VmPhase.Failed, VmPhase.Unknown);
}

public sealed record MarkVmDestroyed(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Destroying, new VmDestroyed(Operation));
}

/// <summary>Destroys a VM only if it is still in the recycle bin.</summary>
public sealed record BeginExpunge(VmId Vm, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.Begin(state, Vm, Operation, "expunge", VmPhase.Destroying, new VmDestroying(Operation), VmPhase.Recycled);
}

/// <summary>What the recycle bin does to a VM whose time is up.</summary>
public sealed class ExpungeVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.expunge";

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
        [new("begin", StepKind.Command, r => new BeginExpunge(r.Input.Vm, r.Operation)) { Recorded = true }, .. DestroyVmWorkflow.Clearing]);
}

/// <summary>
/// Takes everything away, the guest first, then what it stood on, so that nothing is given to another while it is still used.
/// It cannot be undone: a step that fails is tried again until it succeeds.
/// </summary>
public sealed class DestroyVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.destroy";

    /// <summary>What follows once it is on record that it goes away.</summary>
    internal static IReadOnlyList<Step<VmTarget>> Clearing { get; } =
    [
        new("domain", StepKind.Wish, r => new EnsureAbsent(Facts(r).Host!.Value, r.Input.Vm)) { MustSucceed = true, When = Runs },
        // They are nobody's once the guest is gone, and may be attached to another VM at once.
        new("volumes", StepKind.Command,
            r => new AllOf([.. (Facts(r).Disks ?? []).Select(d => new ReleaseVolume(d.Volume, r.Input.Vm, r.Operation))])) { MustSucceed = true, When = r => Facts(r).Disks is { Count: > 0 } },
        new("nics", StepKind.Wish,
            r => new AllOf([.. Facts(r).Nics.Select(n => new EnsureNicAbsent(Facts(r).Host!.Value, r.Input.Vm, n.Spec.Id))])) { MustSucceed = true, When = Runs },
        new("disk", StepKind.Choice,
            r => new EnsureDiskAbsent(Site.Read(r.Chosen("disk")).Host, Facts(r).RootVolume, Facts(r).StoragePath))
        {
            // The last host may have been removed since; any other that reaches the disk will do.
            Choose = r => new ReachStorage(Facts(r).Storage!.Value, Facts(r).LastHost), MustSucceed = true, When = HasDisk,
        },
        new("volume", StepKind.Command, r => new DiscardVolume(Facts(r).RootVolume)) { MustSucceed = true, When = HasDisk },
        new("snapshots", StepKind.Command,
            r => new AllOf([.. Snapshots(r).Select(s => new DiscardSnapshot(SnapshotId.Of(s)))])) { MustSucceed = true, When = HasDisk },
        new("release", StepKind.Command, r => new AllOf(
        [
            .. Facts(r).Host is { } host ? new[] { new ReleaseCapacity(host, r.Input.Vm.Value) } : [],
            new ReleaseSpace(Facts(r).Storage!.Value, Facts(r).RootVolume.Value),
            .. Facts(r).Nics.Select(n => new ReleaseAddress(n.L3, n.Spec.Id)),
            new ReleaseQuota(Facts(r).Project, r.Input.Vm.Value),
        ])) { MustSucceed = true, When = HasDisk },
        new("destroyed", StepKind.Command, r => new MarkVmDestroyed(r.Input.Vm, r.Operation)) { MustSucceed = true },
    ];

    public static IWorkflow Definition { get; } = new Workflow<VmTarget>(Name,
        [new("begin", StepKind.Command, r => new BeginDestroy(r.Input.Vm, r.Operation)) { Recorded = true }, .. Clearing]);

    private static VmFacts Facts(Run<VmTarget> run) => run.Output("begin").As(VmFacts.Read);

    private static bool Runs(Run<VmTarget> run) => Facts(run).Host is not null;

    /// <summary>Of the root volume. An older version of this program did not say.</summary>
    private static string[] Snapshots(Run<VmTarget> run) => run["volume"] is { Length: > 0 } said ? JsonSerializer.Deserialize<string[]>(said)! : [];

    private static bool HasDisk(Run<VmTarget> run) => Facts(run).Storage is not null;
}
