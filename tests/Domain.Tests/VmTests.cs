using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

public sealed class VmTests
{
    private static readonly VmId Id = new("vm-1");
    private static readonly HostId Host = new("host-1");
    private static readonly OperationId First = new("op-1");
    private static readonly OperationId Second = new("op-2");
    private static readonly Rejection Why = new(RejectionKind.Unavailable, "test.boom", "It broke.");
    private static readonly VmOrder Order = Cloud.Order("vm-1", nics: 0);

    private static readonly VmRequested Requested = new(Id, Order.Name, Order.Description, Order.Project, Order.Cpus, Order.Memory,
        Order.Image, Order.RootVolume, Order.RootDisk, Order.Nics, First);

    private static readonly VmCreated Created = new(Host, new StorageId("storage-1"), "", [], First);

    private static Given<VmState> Running => new(Requested, Created);

    private static Given<VmState> Stopped => new(Requested, Created, new VmStopping(Force: false, Second), new VmStopped(Second));

    [Fact]
    public void A_new_vm_is_requested() => new Given<VmState>().When(new RequestVm(Order, First)).Happened(Requested);

    [Fact]
    public void The_same_operation_asks_twice_and_it_happens_once() => new Given<VmState>(Requested).When(new RequestVm(Order, First)).NothingHappened();

    [Fact]
    public void The_same_id_for_another_operation_is_refused() => new Given<VmState>(Requested).When(new RequestVm(Order, Second)).RefusedWith("vm.already-exists");

    [Fact]
    public void A_creation_is_not_undone_by_an_operation_that_did_not_begin_it() =>
        new Given<VmState>(Requested).When(new MarkVmFailed(Id, Why, Second)).NothingHappened();

    [Fact]
    public void A_creation_that_failed_is_told() => new Given<VmState>(Requested).When(new MarkVmFailed(Id, Why, First)).Happened(new VmCreationFailed(Why, First));

    [Fact]
    public void A_running_vm_can_be_stopped() => Running.When(new BeginStop(Id, Force: false, Second)).Happened(new VmStopping(Force: false, Second));

    [Fact]
    public void A_running_vm_cannot_be_started() => Running.When(new BeginStart(Id, Second)).RefusedWith("vm.wrong-state");

    [Fact]
    public void A_stopped_vm_can_be_started() => Stopped.When(new BeginStart(Id, new("op-3"))).Happened(new VmStarting(new("op-3")));

    [Fact]
    public void A_stopped_vm_cannot_be_rebooted() => Stopped.When(new BeginReboot(Id, new("op-3"))).RefusedWith("vm.wrong-state");

    [Fact]
    public void A_vm_that_is_being_changed_takes_no_other_change() =>
        new Given<VmState>(Requested, Created, new VmRebooting(Second)).When(new BeginDestroy(Id, new("op-3"))).RefusedWith("vm.busy");

    [Fact]
    public void A_change_that_failed_leaves_the_vm_as_it_was()
    {
        var undone = new Given<VmState>(Requested, Created, new VmRebooting(Second), new VmChangeUndone(Why, Second));
        Assert.Equal(VmPhase.Running, undone.State.Phase);
        Assert.Equal(Host, undone.State.Host);
    }

    [Fact]
    public void The_end_of_a_change_that_is_told_again_while_another_has_the_vm_changes_nothing() =>
        new Given<VmState>(Requested, Created, new VmStopping(Force: false, Second)).When(new MarkVmCreated(Id, Created, Stopped: false)).NothingHappened();

    [Fact]
    public void A_vm_that_failed_to_be_created_can_be_destroyed() =>
        new Given<VmState>(Requested, new VmCreationFailed(Why, First)).When(new BeginDestroy(Id, Second)).Happened(new VmDestroying(Second));

    [Fact]
    public void A_destroyed_vm_is_gone_and_its_id_stays_taken()
    {
        var destroyed = new Given<VmState>(Requested, Created, new VmDestroying(Second), new VmDestroyed(Second));
        destroyed.When(new BeginStart(Id, new("op-3"))).RefusedWith("vm.deleted");
        destroyed.When(new RequestVm(Order, new("op-3"))).RefusedWith("vm.already-exists");
    }

    [Fact]
    public void A_vm_can_be_made_without_being_started() => new Given<VmState>(Requested)
        .When(new MarkVmCreated(Id, Created, Stopped: true)).Happened(Created, new VmStopped(First));

    [Fact]
    public void A_paused_vm_keeps_its_host_and_can_only_be_resumed_or_destroyed()
    {
        var paused = new Given<VmState>(Requested, Created, new VmPausing(Second), new VmPaused(Second));
        Assert.Equal(Host, paused.State.Host);
        paused.When(new BeginStop(Id, Force: true, new("op-3"))).RefusedWith("vm.wrong-state");
        paused.When(new BeginResume(Id, new("op-3"))).Happened(new VmResuming(new("op-3")));
        paused.When(new BeginDestroy(Id, new("op-3"))).Happened(new VmDestroying(new("op-3")));
    }

    [Fact]
    public void A_vm_that_was_moved_is_on_its_new_host() => Assert.Equal(new HostId("host-2"),
        new Given<VmState>(Requested, Created, new VmMigrating(Second), new VmMigrated(new("host-2"), Second)).State.Host);

    [Fact]
    public void A_vm_is_not_moved_to_where_it_is() => Running.When(new BeginMigrate(Id, Host, Second)).RefusedWith("vm.already-there");

    [Fact]
    public void A_vm_is_resized_while_it_is_stopped_only()
    {
        var size = new VmSize(Id, 8, 4.GiB);
        Running.When(new BeginResize(size, new("op-3"))).RefusedWith("vm.wrong-state");
        Stopped.When(new BeginResize(size, new("op-3"))).Happened(new VmResizing(8, 4.GiB, new("op-3")));
        var resized = new Given<VmState>([.. Stopped.Events, new VmResizing(8, 4.GiB, new("op-3")), new VmResized(8, 4.GiB, new("op-3"))]);
        Assert.Equal((8, 4.GiB), (resized.State.Requested!.Cpus, resized.State.Requested.Memory));
    }

    [Fact]
    public void What_is_in_the_recycle_bin_is_recovered_stopped_or_expunged_and_nothing_else()
    {
        var recycled = new Given<VmState>(Requested, Created, new VmRecycling(Second), new VmRecycled(DateTimeOffset.UnixEpoch, Second));
        Assert.Null(recycled.State.Host);
        recycled.When(new BeginStart(Id, new("op-3"))).RefusedWith("vm.wrong-state");
        recycled.When(new BeginRecycle(Id, new("op-3"))).RefusedWith("vm.recycled");
        recycled.When(new BeginExpunge(Id, new("op-3"))).Happened(new VmDestroying(new("op-3")));
        recycled.When(new RecoverVm(Id, new("op-3"))).Happened(new VmRecovered(new("op-3")));
        Assert.Equal(VmPhase.Stopped, new Given<VmState>([.. recycled.Events, new VmRecovered(new("op-3"))]).State.Phase);
    }

    [Fact]
    public void The_recycle_bin_does_not_destroy_what_was_recovered() => Stopped.When(new BeginExpunge(Id, new("op-3"))).RefusedWith("vm.wrong-state");

    [Fact]
    public void What_never_was_is_not_found() => new Given<VmState>().When(new BeginStop(Id, Force: true, First)).RefusedWith("vm.not-found");
}
