using System.Globalization;
using IaaS.Commands.Host;
using IaaS.Commands.Image;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation.Generator;

/// <summary>Something that a client may do to a VM or to a data volume near it.</summary>
/// <param name="Ask">Makes the request: the operation's id, the VM's id, chance, and what is there.</param>
public sealed record SimAction(string Name, Func<string, string, Random, Ledger, OperationRequest> Ask)
{
    /// <summary>Of which VMs it is asked, where there is one; null for any. Few VMs would have what it takes by chance.</summary>
    public Func<VmState, bool>? Suits { get; init; }

    /// <summary>All of them. Whether the VM's state allows one is for the product to say.</summary>
    public static IReadOnlyList<SimAction> All { get; } =
    [
        new("create", (operation, vm, chance, _) => SimMachine.Request(operation, CreateVmWorkflow.Name, vm,
            Cloud.Order(vm, 1 + chance.Next(3), chance.Next(3), address: chance.Next(10) == 0 ? "10.0.1.5" : null) with { Stopped = chance.Next(4) == 0, OnHostLoss = (HostLossPolicy)chance.Next(2) })),
        new("policy", (operation, vm, chance, _) => SimMachine.Request(operation, SetHostLossPolicyWorkflow.Name, vm, new SetHostLossPolicy(new VmId(vm), (HostLossPolicy)chance.Next(2)))),
        Verb("stop", StopVmWorkflow.Name, force: false),
        Verb("stop by force", StopVmWorkflow.Name, force: true),
        Verb("start", StartVmWorkflow.Name),
        Verb("reboot", RebootVmWorkflow.Name),
        Verb("pause", PauseVmWorkflow.Name),
        Verb("resume", ResumeVmWorkflow.Name) with { Suits = v => v.Phase is VmPhase.Paused },
        new("migrate", (operation, vm, chance, _) => SimMachine.Request(operation, MigrateVmWorkflow.Name, vm,
            new VmMigration(new VmId(vm), chance.Next(2) == 0 ? null : new HostId(string.Create(CultureInfo.InvariantCulture, $"host-{1 + chance.Next(3)}"))))),
        new("resize", (operation, vm, chance, _) => SimMachine.Request(operation, ResizeVmWorkflow.Name, vm, new VmSize(new VmId(vm), 1 + chance.Next(4), (1 + chance.Next(3)).GiB)))
        {
            Suits = v => v.Phase is VmPhase.Stopped,
        },
        new("recycle", (operation, vm, _, _) => SimMachine.Request(operation, RecycleVmWorkflow.Name, vm, new VmDiscard(new VmId(vm), DateTimeOffset.MaxValue))),
        Verb("recover", RecoverVmWorkflow.Name),
        Verb("expunge", ExpungeVmWorkflow.Name),
        Verb("destroy", DestroyVmWorkflow.Name),
        new("create volume", (operation, _, chance, ledger) => OnVolume(operation, CreateVolumeWorkflow.Name, chance.Next(10) == 0 ? Volume(ledger, chance, _ => true) : new($"volume-data-{operation}"), v => Cloud.Volume(v.Value))),
        new("delete volume", (operation, _, chance, ledger) => OnVolume(operation, DeleteVolumeWorkflow.Name, Volume(ledger, chance, v => v.Phase is VolumePhase.Detached), v => new VolumeTarget(v))),
        new("attach", (operation, vm, chance, ledger) => SimMachine.Request(operation, AttachVolumeWorkflow.Name, vm, new VmVolume(new VmId(vm), Volume(ledger, chance, v => v.Phase is VolumePhase.Detached)))),
        new("detach", (operation, vm, chance, ledger) => SimMachine.Request(operation, DetachVolumeWorkflow.Name, vm, new VmVolume(new VmId(vm), Volume(ledger, chance, v => v.Vm?.Value == vm))))
        {
            Suits = v => v is { Phase: VmPhase.Running or VmPhase.Stopped, Disks.Length: > 0 },
        },
        new("snapshot", (operation, vm, chance, ledger) => OnSnapshot(operation, CreateSnapshotWorkflow.Name, new($"snapshot-{operation}"), s => new SnapshotOrder(s, "s", Description: null,
            chance.Next(4) == 0 ? Volume(ledger, chance, v => v.Phase is VolumePhase.Detached) : VolumeOf(vm, ledger, chance), Cloud.Project)))
        {
            Suits = v => v.Phase is VmPhase.Stopped,
        },
        new("revert", (operation, _, chance, ledger) => OnSnapshot(operation, RevertSnapshotWorkflow.Name, Snapshot(ledger, chance), s => new SnapshotTarget(s, ledger.Snapshots[s.Value] is { Volume.Value: not null } there ? there.Volume : new("volume-none")))),
        new("delete snapshot", (operation, _, chance, ledger) => OnSnapshot(operation, DeleteSnapshotWorkflow.Name, Snapshot(ledger, chance), s => new SnapshotTarget(s, ledger.Snapshots[s.Value] is { Volume.Value: not null } there ? there.Volume : new("volume-none")))),
        new("make image", (operation, vm, chance, ledger) => SimMachine.Request(operation, CreateImageFromVolumeWorkflow.Name, $"image-{operation}", new ImageOrder(new($"image-{operation}"), "i", Description: null,
            chance.Next(4) == 0 ? Volume(ledger, chance, v => v.Phase is VolumePhase.Detached) : VolumeOf(vm, ledger, chance))))
        {
            Suits = v => v.Phase is VmPhase.Stopped,
        },
        new("delete image", (operation, _, chance, ledger) => OnImage(operation, Image(ledger, chance))),
        new("attach NIC", (operation, vm, chance, _) => SimMachine.Request(operation, AttachNicWorkflow.Name, vm,
            new VmNicOrder(new VmId(vm), Cloud.Nic(vm, operation.Replace("-", "", StringComparison.Ordinal), address: chance.Next(10) == 0 ? "10.0.1.5" : null)))),
        new("detach NIC", (operation, vm, chance, ledger) => SimMachine.Request(operation, DetachNicWorkflow.Name, vm,
            new VmNicTarget(new VmId(vm), ledger.Vms[vm].Nics is { Length: > 0 } nics ? nics[chance.Next(nics.Length)].Spec.Id : "nic-none")))
        {
            Suits = v => v is { Phase: VmPhase.Running or VmPhase.Stopped, Nics.Length: > 0 },
        },
        // One host at a time; the next time it takes VMs again.
        new("maintain", (operation, _, chance, ledger) => ledger.Hosts.All.FirstOrDefault(h => h.Value.Maintenance is not HostMaintenance.None) is { Key: { } kept }
            ? SimMachine.Request(operation, EndMaintenanceWorkflow.Name, kept, new HostUpkeep(new(kept)))
            : Maintain(operation, ledger.Hosts.All.Keys.ElementAt(chance.Next(ledger.Hosts.All.Count)), stopVms: chance.Next(2) == 0)),
        // Another name each time: to be called as one is called already changes nothing.
        new("rename", (operation, vm, _, _) => SimMachine.Request(operation, RenameVmWorkflow.Name, vm, new RenameVm(new VmId(vm), $"by {operation}", Description: null))),
    ];

    private static OperationRequest Maintain(string operation, string host, bool stopVms) =>
        SimMachine.Request(operation, MaintainHostWorkflow.Name, host, new HostUpkeep(new(host), stopVms));

    private static OperationRequest OnVolume(string operation, string workflow, VolumeId volume, Func<VolumeId, object> input) =>
        SimMachine.Request(operation, workflow, volume.Value, input(volume));

    private static OperationRequest OnSnapshot(string operation, string workflow, SnapshotId snapshot, Func<SnapshotId, object> input) =>
        SimMachine.Request(operation, workflow, snapshot.Value, input(snapshot));

    private static OperationRequest OnImage(string operation, string image) =>
        SimMachine.Request(operation, DeleteImageWorkflow.Name, image, new ImageTarget(new(image)));

    /// <summary>One that is there, mostly of a volume that no guest uses; one that never was where there is none.</summary>
    private static SnapshotId Snapshot(Ledger ledger, Random chance)
    {
        var ready = ledger.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Ready or SnapshotPhase.Failed).Select(s => s.Key).ToList();
        return new(ready.Count > 0 && chance.Next(20) > 0 ? ready[chance.Next(ready.Count)] : ledger.Snapshots.All.Keys.FirstOrDefault() ?? "snapshot-none");
    }

    /// <summary>One that is there, mostly; one that is gone or never was where there is none.</summary>
    private static string Image(Ledger ledger, Random chance)
    {
        var there = ledger.Images.All.Where(i => i.Value.Existence is Existence.Present).Select(i => i.Key).ToList();
        return there.Count > 0 ? there[chance.Next(there.Count)] : ledger.Images.All.Keys.FirstOrDefault() ?? "image-none";
    }

    /// <summary>The root volume of a VM, or one of its data volumes.</summary>
    private static VolumeId VolumeOf(string vm, Ledger ledger, Random chance)
    {
        var state = ledger.Vms[vm];
        List<VolumeId> own = [.. state.Disks.Select(d => d.Volume), .. state.Requested is { } r ? new[] { r.RootVolume } : []];
        return own.Count > 0 ? own[chance.Next(own.Count)] : new("volume-none");
    }

    /// <summary>Mostly one with which it should go well; at times any, also a root volume or one that is gone.</summary>
    private static VolumeId Volume(Ledger ledger, Random chance, Func<VolumeState, bool> suits)
    {
        var all = ledger.Volumes.All;
        var suiting = all.Where(v => !v.Value.IsRoot && suits(v.Value)).Select(v => v.Key).ToList();
        var drawn = suiting.Count > 0 && chance.Next(10) > 0 ? suiting : [.. all.Keys];
        return new(drawn.Count > 0 ? drawn[chance.Next(drawn.Count)] : "volume-none");
    }

    private static SimAction Verb(string name, string workflow, bool force = false) =>
        new(name, (operation, vm, _, _) => SimMachine.Request(operation, workflow, vm, new VmTarget(new VmId(vm), force)));
}

/// <summary>How the next action is picked.</summary>
public enum Schedule
{
    /// <summary>Any.</summary>
    Random,

    /// <summary>The one that was done least.</summary>
    Fair,

    /// <summary>One that makes an unseen pair with the one before, or that was not yet asked in this state.</summary>
    Paths,
}
