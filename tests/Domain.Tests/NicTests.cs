using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

public sealed class NicTests
{
    private static readonly VmId Vm = new("vm-1");
    private static readonly OperationId First = new("op-1");
    private static readonly OperationId Second = new("op-2");
    private static readonly Rejection Why = new(RejectionKind.Unavailable, "test.boom", "It broke.");
    private static readonly VmOrder Order = Cloud.Order("vm-1", nics: 1);

    private static readonly IEvent[] Running =
    [
        new VmRequested(Vm, Order.Name, null, Order.Project, Order.Cpus, Order.Memory, Order.Image, Order.RootVolume, Order.RootDisk, Order.Nics, First),
        new VmCreated(new HostId("host-1"), new StorageId("storage-1"), "", [Of(Order.Nics[0])], First),
    ];

    [Fact]
    public void A_nic_is_added_behind_the_others_and_taken_away_and_the_last_may_go()
    {
        var nic = Cloud.Nic("vm-1", "lan");
        new Given<VmState>(Running).When(new BeginAttachNic(Vm, nic, Second)).Happened(new VmAttachingNic(nic, Second));
        var attached = new Given<VmState>([.. Running, new VmAttachingNic(nic, Second), new VmNicAttached(Of(nic), Second)]);
        Assert.Equal([Order.Nics[0].Nic, nic.Nic], attached.State.Nics.Select(n => n.Spec.Id));
        var last = new Given<VmState>([.. attached.Events, new VmDetachingNic(Order.Nics[0].Nic, First), new VmNicDetached(Order.Nics[0].Nic, First)]);
        last.When(new BeginDetachNic(Vm, nic.Nic, Second)).Happened(new VmDetachingNic(nic.Nic, Second));
    }

    [Fact]
    public void An_id_is_used_once()
    {
        var nic = Cloud.Nic("vm-1", "lan");
        new Given<VmState>(Running).When(new BeginAttachNic(Vm, Order.Nics[0], Second)).RefusedWith("vm.nic-exists");
        new Given<VmState>([.. Running, new VmAttachingNic(nic, First), new VmChangeUndone(Why, First)]).When(new BeginAttachNic(Vm, nic, Second)).RefusedWith("vm.nic-exists");
        new Given<VmState>([.. Running, new VmAttachingNic(nic, Second)]).When(new BeginAttachNic(Vm, nic, Second)).NothingHappened();
    }

    [Fact]
    public void A_vm_has_eight_nics_at_most_and_loses_only_what_it_has()
    {
        IEvent[] full = [.. Running, .. Enumerable.Range(2, VmNic.Most - 1).Select(n => new VmNicAttached(Of(Cloud.Nic("vm-1", $"{n}")), First))];
        // The phase before is that of no change: it is not looked at.
        var state = full.Aggregate(VmState.Empty, VmState.Evolve) with { Phase = VmPhase.Running };
        var refused = Assert.IsType<Decision.Rejected>(new BeginAttachNic(Vm, Cloud.Nic("vm-1", "lan"), Second).Decide(state));
        Assert.Equal("vm.too-many-nics", refused.Reason.Code);
        new Given<VmState>(Running).When(new BeginDetachNic(Vm, "nic-1-lan", Second)).RefusedWith("vm.nic-not-found");
    }

    [Fact]
    public void What_a_lost_host_may_have_is_every_nic_that_there_ever_was()
    {
        var nic = Cloud.Nic("vm-1", "lan");
        var state = new Given<VmState>([.. Running, new VmAttachingNic(nic, Second), new VmNicAttached(Of(nic), Second), new VmDetachingNic(nic.Nic, First), new VmNicDetached(nic.Nic, First)]).State;
        var begun = Assert.IsType<Decision.Accepted>(new BeginClearStray(new VmStray(Vm, new HostId("host-2")), Second).Decide(state));
        Assert.Equal([Order.Nics[0].Nic, nic.Nic], VmFacts.Read(begun.Output).NicIds!.Order(StringComparer.Ordinal).Reverse());
    }

    [Theory]
    [InlineData("vm-a", "nic-a-b", true)]
    [InlineData("vm-a-b", "nic-a-b-c", true)]
    [InlineData("vm-a", "nic-a-b-c", false)]
    [InlineData("vm-a", "nic-a", false)]
    [InlineData("vm-a", "nic-b", false)]
    [InlineData("vm-a", "nic-a-", false)]
    [InlineData("vm-a", "nic-a-B", false)]
    [InlineData("vm-a", "nic", false)]
    public void A_name_is_that_of_one_vm_only(string vm, string nic, bool own) => Assert.Equal(own, VmNicOrder.IsOwnName(new VmId(vm), nic));

    private static VmNic Of(NicRequest nic) => new(nic.L3, new NicSpec(nic.Nic, nic.Mac, "10.0.1.1", 16, "br0", null, null));
}
