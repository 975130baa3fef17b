using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Simulation;
using IaaS.Tests;

namespace IaaS.Domain.Tests;

/// <summary>The VM's machine, whole: what each command does in each phase. The table in the docs is this one.</summary>
public sealed class VmMachineTests
{
    private static readonly VmId Id = new("vm-1");
    private static readonly OperationId First = new("op-1");
    private static readonly OperationId Second = new("op-2");
    private static readonly OperationId Other = new("op-3");
    private static readonly Rejection Why = new(RejectionKind.Unavailable, "test.boom", "It broke.");
    private static readonly VmOrder Order = Cloud.Order("vm-1", nics: 0);

    private static readonly VmRequested Requested = new(Id, Order.Name, Order.Description, Order.Project, Order.Cpus, Order.Memory,
        Order.Image, Order.RootVolume, Order.RootDisk, Order.Nics, First);

    private static readonly VmCreated Created = new(new HostId("host-1"), new StorageId("storage-1"), "", [], First);
    private static readonly VolumeId Volume = new("volume-data");
    private static readonly VmDisk Disk = new(Volume, new StorageId("storage-1"), "", Slot: 1);
    private static readonly NicRequest Nic = Cloud.Nic(Id.Value, "x");
    private static readonly IEvent[] Stopped = [Requested, Created, new VmStopped(First)];

    private static readonly Dictionary<VmPhase, IEvent[]> Lives = new()
    {
        [VmPhase.Absent] = [],
        [VmPhase.Creating] = [Requested],
        [VmPhase.Failed] = [Requested, new VmCreationFailed(Why, First)],
        [VmPhase.Stopped] = Stopped,
        [VmPhase.Starting] = [.. Stopped, new VmStarting(Second)],
        [VmPhase.Resizing] = [.. Stopped, new VmResizing(2, 1.GiB, Second)],
        [VmPhase.Running] = [Requested, Created],
        [VmPhase.Stopping] = [Requested, Created, new VmStopping(Force: false, Second)],
        [VmPhase.Rebooting] = [Requested, Created, new VmRebooting(Second)],
        [VmPhase.Pausing] = [Requested, Created, new VmPausing(Second)],
        [VmPhase.Paused] = [Requested, Created, new VmPausing(Second), new VmPaused(Second)],
        [VmPhase.Resuming] = [Requested, Created, new VmPausing(First), new VmPaused(First), new VmResuming(Second)],
        [VmPhase.Migrating] = [Requested, Created, new VmMigrating(Second)],
        [VmPhase.Recycling] = [Requested, Created, new VmRecycling(Second)],
        [VmPhase.Recycled] = [Requested, Created, new VmRecycling(Second), new VmRecycled(DateTimeOffset.UnixEpoch, Second)],
        [VmPhase.Unknown] = [Requested, Created, new VmHostLost(Created.Host)],
        [VmPhase.FailingOver] = [Requested, Created, new VmHostLost(Created.Host), new VmFailingOver(Second)],
        [VmPhase.ClearingStray] = [Requested, Created, new VmStrayClearing(new HostId("host-2"), Second)],
        [VmPhase.AttachingVolume] = [Requested, Created, new VmAttachingVolume(Volume, Second)],
        [VmPhase.DetachingVolume] = [Requested, Created, new VmAttachingVolume(Volume, First), new VmVolumeAttached(Disk, First), new VmDetachingVolume(Volume, Second)],
        [VmPhase.ChangingDisk] = [.. Stopped, new VmChangingDisk(Volume, Second)],
        [VmPhase.AttachingNic] = [Requested, Created, new VmAttachingNic(Nic, Second)],
        [VmPhase.DetachingNic] = [Requested, Created, new VmDetachingNic(Nic.Nic, Second)],
        [VmPhase.Destroying] = [Requested, Created, new VmDestroying(Second)],
        [VmPhase.Destroyed] = [Requested, Created, new VmDestroying(Second), new VmDestroyed(Second)],
    };

    private static readonly (string Name, ICommand<VmState> Command)[] Commands =
    [
        ("create", new RequestVm(Order, Other)), ("start", new BeginStart(Id, Other)), ("stop", new BeginStop(Id, Force: false, Other)),
        ("reboot", new BeginReboot(Id, Other)), ("pause", new BeginPause(Id, Other)), ("resume", new BeginResume(Id, Other)),
        ("migrate", new BeginMigrate(Id, To: null, Other)), ("resize", new BeginResize(new VmSize(Id, 4, 4.GiB), Other)),
        ("recycle", new BeginRecycle(Id, Other)), ("recover", new RecoverVm(Id, Other)), ("expunge", new BeginExpunge(Id, Other)),
        ("destroy", new BeginDestroy(Id, Other)), ("fail over", new BeginFailover(Id, Fenced: true, Other)), ("clear a stray", new BeginClearStray(new VmStray(Id, new HostId("host-2")), Other)),
        ("attach", new BeginAttach(Id, Volume, Other)), ("attach a NIC", new BeginAttachNic(Id, Nic, Other)), ("snapshot", new BeginChangeDisk(Id, Volume, Other)), ("rename", new RenameVm(Id, "new", null)),
    ];

    [Fact]
    public void Every_phase_has_a_life_that_leads_to_it()
    {
        Assert.Equal(Enum.GetValues<VmPhase>().Order(), Lives.Keys.Order());
        Assert.All(Lives, life => Assert.Equal(life.Key, new Given<VmState>(life.Value).State.Phase));
    }

    [Fact]
    public void Every_command_begins_a_change_or_is_refused_in_every_phase_as_the_docs_say()
    {
        List<string> table = [$"| phase | {string.Join(" | ", Commands.Select(c => c.Name))} |", $"| --- {string.Concat(Commands.Select(_ => "| --- "))}|"];
        foreach (var (phase, life) in Lives.OrderBy(l => l.Key.ToString(), StringComparer.Ordinal))
        {
            var state = new Given<VmState>(life).State;
            table.Add($"| {phase} | {string.Join(" | ", Commands.Select(c => Cell(state, c.Command)))} |");
        }

        var page = Repository.PathOf("docs", "vm-lifecycle.md");
        var there = File.ReadAllLines(page).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Take(table.Count).ToList();
        Assert.True(there.SequenceEqual(table), $"docs/vm-lifecycle.md does not hold this table:\n{string.Join('\n', table)}");
    }

    private static string Cell(VmState state, ICommand<VmState> command)
    {
        switch (command.Decide(state))
        {
            case Decision.Rejected { Reason.Code: var code }: return $"`{code}`";
            case Decision.Accepted { Events: var events }:
                var after = events.Aggregate(state, VmState.Evolve).Phase;
                return after == state.Phase ? "yes" : $"→ {after}";
            default: throw new InvalidOperationException("A decision accepts or rejects.");
        }
    }
}
