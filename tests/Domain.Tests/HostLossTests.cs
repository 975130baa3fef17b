using IaaS.Commands.Host;
using IaaS.Commands.Vm;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Zone;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

public sealed class HostLossTests
{
    private static readonly VmId Id = new("vm-1");
    private static readonly HostId Host = new("host-1");
    private static readonly OperationId First = new("op-1");
    private static readonly OperationId Second = new("op-2");
    private static readonly VmOrder Order = Cloud.Order("vm-1", nics: 0);

    private static readonly IEvent[] Running =
    [
        new VmRequested(Id, Order.Name, null, Order.Project, 1, 1.GiB, Order.Image, Order.RootVolume, Order.RootDisk, [], First),
        new VmCreated(Host, new StorageId("storage-1"), "", [], First),
    ];

    private static readonly HostCreated There = new(Host, "h", null, new ZoneId("zone-1"), new ClusterId("cluster-1"), "kvm", 8, 8.GiB, 1, Bytes.Zero);

    [Fact]
    public void A_host_is_lost_once_and_not_while_its_agent_is_there()
    {
        var gone = new Given<HostState>(There, new HostConnected("h", 8, 8.GiB, "q", "1"), new HostDisconnected("cut"));
        gone.When(new DeclareHostLost(Host, "late")).Happened(new HostLost("late"));
        new Given<HostState>([.. gone.Events, new HostLost("late")]).When(new DeclareHostLost(Host, "late")).NothingHappened();
        new Given<HostState>([.. gone.Events, new HostConnected("h", 8, 8.GiB, "q", "1")]).When(new DeclareHostLost(Host, "late")).NothingHappened();
    }

    [Fact]
    public void A_vm_of_a_lost_host_is_unknown_and_is_found_as_it_is()
    {
        IEvent[] paused = [.. Running, new VmPausing(Second), new VmPaused(Second), new VmHostLost(Host)];
        Assert.Equal((VmPhase.Unknown, Host), (new Given<VmState>(paused).State.Phase, new Given<VmState>(paused).State.Host));
        new Given<VmState>(paused).When(new FindVm(Id, Host, Paused: true)).Happened(new VmFound(Host, Paused: true));
        Assert.Equal(VmPhase.Paused, new Given<VmState>([.. paused, new VmFound(Host, Paused: true)]).State.Phase);
    }

    [Fact]
    public void What_was_changed_since_it_was_looked_at_is_not_lost()
    {
        new Given<VmState>(Running).When(new LoseVm(Id, Host, HostIsThere: true, First.Value)).Happened(new VmMissing(Host));
        new Given<VmState>([.. Running, new VmRebooting(Second), new VmRebooted(Second)]).When(new LoseVm(Id, Host, HostIsThere: true, First.Value)).NothingHappened();
        new Given<VmState>([.. Running, new VmRebooting(Second)]).When(new LoseVm(Id, Host, HostIsThere: false, Second.Value)).NothingHappened();
    }

    [Fact]
    public void A_vm_whose_guest_needs_no_lease_fails_over_only_when_somebody_has_fenced_its_host()
    {
        var lost = new Given<VmState>([.. Running, new VmHostLost(Host)]);
        lost.When(new BeginFailover(Id, Fenced: false, Second)).RefusedWith("vm.not-fenced");
        lost.When(new BeginFailover(Id, Fenced: true, Second)).Happened(new VmFailingOver(Second));
        new Given<VmState>([.. Running, new VmHostLossPolicySet(HostLossPolicy.Restart), new VmHostLost(Host)])
            .When(new BeginFailover(Id, Fenced: false, Second)).Happened(new VmFailingOver(Second));
    }

    [Fact]
    public void What_is_on_its_host_by_the_log_is_no_stray()
    {
        new Given<VmState>(Running).When(new BeginClearStray(new VmStray(Id, Host), Second)).RefusedWith("vm.not-stray");
        new Given<VmState>(Running).When(new BeginClearStray(new VmStray(Id, new("host-2")), Second)).Happened(new VmStrayClearing(new("host-2"), Second));
    }

    [Fact]
    public void A_stray_of_a_destroyed_vm_is_cleared_too()
    {
        var destroyed = new Given<VmState>([.. Running, new VmDestroying(Second), new VmDestroyed(Second)]);
        destroyed.When(new BeginClearStray(new VmStray(Id, Host), new("op-3"))).NothingHappened();
        destroyed.When(new MarkStrayCleared(new VmStray(Id, Host), new("op-3"))).Happened(new VmStrayCleared(Host, new("op-3")));
        Assert.Equal(VmPhase.Destroyed, new Given<VmState>([.. destroyed.Events, new VmStrayCleared(Host, new("op-3"))]).State.Phase);
    }

    [Fact]
    public void Whatever_the_log_says_and_whatever_a_host_has_there_is_a_finding()
    {
        FoundDomain?[] domains = [null, new("vm-1", Ours: true, Running: true), new("vm-1", Ours: true, Running: false), new("vm-1", Ours: false, Running: true)];
        var findings = (from phase in Enum.GetValues<VmPhase>()
                        from here in new[] { true, false }
                        from domain in domains
                        select (Phase: phase, Here: here, Domain: domain, Finding: Reconciliation.Of(VmState.Empty with { Phase = phase }, here, domain))).ToList();

        // Nothing is ever taken away but what the log knows and has given away; what somebody else made is never touched.
        Assert.All(findings.Where(f => f.Finding is Finding.Stray), f => Assert.True(f is { Here: false, Domain.Ours: true } && f.Phase is not VmPhase.Absent));
        Assert.All(findings.Where(f => f.Domain is { Ours: false }), f => Assert.Equal(Finding.Stranger, f.Finding));
        Assert.All(findings.Where(f => f.Finding is Finding.Back), f => Assert.True(f is { Here: true, Domain.Running: true, Phase: VmPhase.Unknown }));
        Assert.All(findings.Where(f => f is { Here: true, Phase: VmPhase.Running, Domain: null or { Ours: true, Running: false } }), f => Assert.Equal(Finding.Missing, f.Finding));
        Assert.Equal(Enum.GetValues<Finding>(), findings.Select(f => f.Finding).Distinct().Order());
    }
}
