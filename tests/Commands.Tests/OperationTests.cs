using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Vm;
using IaaS.Commands.Zone;
using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Zone;
using IaaS.Simulation;

namespace IaaS.Commands.Tests;

public sealed class OperationTests
{
    /// <summary>Every attempt has a task of its own; the number of a later one is its last part.</summary>
    private static string StepOf(string task) => char.IsAsciiDigit(task[^1]) ? task[..task.LastIndexOf('/')] : task;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_id_that_is_asked_again_is_answered_with_the_first_report()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        Create(machine, "op-1", "vm-1");
        Create(machine, "op-1", "vm-2");

        Assert.True(machine.Acknowledged["op-1"].Repeated);
        Assert.Equal("vm-1", machine.Acknowledged["op-1"].State.Started!.Subject);
        Assert.False(machine.Ledger.Vms.Has("vm-2"));
    }

    [Fact]
    public void Past_its_deadline_an_operation_is_undone_and_says_that_it_timed_out()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        machine.Drivers.Next = (task, _) => task == "op-1/disk" ? WishFault.AnswerLost : WishFault.None;
        Create(machine, "op-1", "vm-1");

        var operation = machine.Ledger.Operations["op-1"];
        Assert.Equal(("operation.timed-out", RejectionKind.TimedOut), (operation.Failure!.Error.Code, operation.Failure.Error.Kind));
        Assert.Equal(VmPhase.Failed, machine.Ledger.Vms["vm-1"].Phase);
        Assert.InRange(machine.Scheduler.Now - Start, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
        Assert.Empty(Checks.Of(machine));
    }

    [Fact]
    public void A_wish_that_may_succeed_later_is_tried_again_with_longer_and_longer_pauses()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        List<TimeSpan> at = [];
        machine.Drivers.Next = (task, _) =>
        {
            if (StepOf(task) != "op-1/disk") return WishFault.None;
            at.Add(machine.Scheduler.Now - Start);
            return at.Count < 5 ? WishFault.Fails : WishFault.None;
        };
        Create(machine, "op-1", "vm-1");

        Assert.Equal(VmPhase.Running, machine.Ledger.Vms["vm-1"].Phase);
        Assert.Equal(5, at.Count);
        for (var i = 1; i < at.Count; i++) Assert.True(at[i] - at[i - 1] >= TimeSpan.FromMilliseconds(100 << i), $"pause {i} was {at[i] - at[i - 1]}");
    }

    [Fact]
    public void An_undo_that_fails_is_visible_and_tried_again_until_it_succeeds()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        var undos = 0;
        machine.Drivers.Next = (task, _) => StepOf(task) switch
        {
            "op-1/domain" => WishFault.FailsForGood,
            "op-1/domain/undo" => ++undos <= 3 ? WishFault.FailsForGood : WishFault.None,
            _ => WishFault.None,
        };
        Create(machine, "op-1", "vm-1");

        Assert.Equal(4, undos);
        Assert.Single(machine.Store.Log, e => e.Event is UndoFailed);
        Assert.Empty(Checks.Of(machine));
    }

    [Fact]
    public void An_operation_whose_beginning_was_committed_while_the_answer_was_lost_is_not_left()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        var commits = 0;
        machine.Store.Next = _ => commits++ == 0 ? CommitFault.AnswerLost : CommitFault.None;
        machine.Ask(SimMachine.Request("op-1", CreateVmWorkflow.Name, "vm-1", Cloud.Order("vm-1")), attempts: 1);
        machine.Settle();

        Assert.Equal(VmPhase.Running, machine.Ledger.Vms["vm-1"].Phase);
        Assert.Empty(Checks.Of(machine));
    }

    public static TheoryData<CommitFault> EveryCommitFault => [.. Enum.GetValues<CommitFault>()];

    [Theory, MemberData(nameof(EveryCommitFault))]
    public void A_resource_is_created_once_and_held_by_its_parents_whatever_fails(CommitFault fault)
    {
        for (var nth = 1; nth <= 6; nth++)
        {
            var machine = new SimMachine(seed: 1, new Cloud(), new Faults { MostCrashes = 1, LongOutage = nth % 2 * 1_000 });
            var (zone, cluster) = (new ZoneId("zone-9"), new ClusterId("cluster-9"));
            machine.Ask(SimMachine.Request("op-1", "zone.create", zone.Value, new CreateZone(zone, "z", Description: null)));
            machine.Settle();
            var commits = 0;
            machine.Store.Next = _ => ++commits == nth ? fault : CommitFault.None;
            machine.Ask(SimMachine.Request("op-2", "cluster.create", cluster.Value, new Cluster.CreateCluster(cluster, "c", Description: null, zone)), attempts: 500);
            machine.Settle();

            Assert.Equal(OperationPhase.Succeeded, machine.Ledger.Operations["op-2"].Phase);
            Assert.Single(machine.Store.Log, e => e.Event is ClusterCreated && e.Stream == cluster.Value);
            Assert.Equal("op-2", Fold(machine, zone).Dependents["cluster-9"]);

            commits = 0;
            machine.Ask(SimMachine.Request("op-3", DeleteWorkflow.Name, cluster.Value, new ResourceTarget(cluster.Value)), attempts: 500);
            machine.Settle();
            Assert.Empty(Fold(machine, zone).Dependents);
        }
    }

    private static ZoneState Fold(SimMachine machine, ZoneId zone) =>
        machine.Store.Peek(zone.Value).Aggregate(ZoneState.Empty, (s, e) => ZoneState.Evolve(s, e.Event));

    private static void Create(SimMachine machine, string operation, string vm)
    {
        machine.Ask(SimMachine.Request(operation, CreateVmWorkflow.Name, vm, Cloud.Order(vm)));
        machine.Settle();
    }
}
