using IaaS.Commands.Host;
using IaaS.Commands.Project;
using IaaS.Commands.Storage;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;

namespace IaaS.Domain.Tests;

/// <summary>Capacity, space and quota.</summary>
public sealed class PoolTests
{
    private static readonly HostId Host = new("host-1");
    private static readonly StorageId Storage = new("storage-1");
    private static readonly ProjectId Project = new("project-1");

    private static readonly HostCreated Created = new(Host, "h", Description: null, new ZoneId("zone-1"), new ClusterId("cluster-1"), "simulator",
        Cpus: 4, 9.GiB, CpuRatio: 2, 1.GiB);

    private static readonly StorageCreated Pool = new(Storage, "s", Description: null, new ZoneId("zone-1"), [], Host: null, "simulator", "/pool", 10.GiB);
    private static readonly CapacityReserved Reserved = new("vm-1", 6, 4.GiB);

    private static ProjectCreated WithQuota(Quota quota) => new(Project, "p", Description: null, quota);

    [Fact]
    public void A_host_gives_away_its_ratio_of_cpus() => new Given<HostState>(Created).When(new ReserveCapacity(Host, "vm-1", 8, 8.GiB)).Happened(new CapacityReserved("vm-1", 8, 8.GiB));

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 5)]
    public void A_host_refuses_more_than_it_has_left(int cpus, int memoryGiB) =>
        new Given<HostState>(Created, Reserved).When(new ReserveCapacity(Host, "vm-2", cpus, memoryGiB.GiB)).RefusedWith("host.full");

    [Fact]
    public void What_a_vm_holds_it_is_not_given_twice() => new Given<HostState>(Created, Reserved).When(new ReserveCapacity(Host, "vm-1", 6, 4.GiB)).NothingHappened();

    [Fact]
    public void A_release_gives_back_what_was_reserved() =>
        new Given<HostState>(Created, Reserved).When(new ReleaseCapacity(Host, "vm-1")).Happened(new CapacityReleased("vm-1", 6, 4.GiB));

    [Fact]
    public void A_release_of_what_was_never_held_changes_nothing() => new Given<HostState>(Created).When(new ReleaseCapacity(Host, "vm-1")).NothingHappened();

    [Fact]
    public void A_disabled_host_keeps_what_it_has_and_takes_nothing_new()
    {
        var disabled = new Given<HostState>(Created, Reserved, new ResourceDisabled());
        disabled.When(new ReserveCapacity(Host, "vm-1", 6, 4.GiB)).NothingHappened();
        disabled.When(new ReserveCapacity(Host, "vm-2", 1, 1.GiB)).RefusedWith("host.disabled");
    }

    [Fact]
    public void A_host_whose_agent_is_away_takes_nothing_new() =>
        new Given<HostState>(Created, new HostDisconnected("power")).When(new ReserveCapacity(Host, "vm-1", 1, 1.GiB)).RefusedWith("host.not-connected");

    [Fact]
    public void A_host_with_vms_cannot_be_deleted() => new Given<HostState>(Created, Reserved).When(new DeleteResource("host-1")).RefusedWith("host.in-use");

    [Fact]
    public void A_storage_gives_away_all_of_its_room_and_no_more()
    {
        new Given<StorageState>(Pool, new SpaceAllocated("volume-1", 6.GiB)).When(new AllocateSpace(Storage, "volume-2", 4.GiB)).Happened(new SpaceAllocated("volume-2", 4.GiB));
        new Given<StorageState>(Pool, new SpaceAllocated("volume-1", 7.GiB)).When(new AllocateSpace(Storage, "volume-2", 4.GiB)).RefusedWith("storage.full");
    }

    [Fact]
    public void Space_tells_the_path_of_the_storage() =>
        Assert.Equal("/pool", Assert.IsType<Decision.Accepted>(new Given<StorageState>(Pool).When(new AllocateSpace(Storage, "volume-1", 1.GiB)).Decision).Output);

    [Theory]
    [InlineData(1, null, null, null)]
    [InlineData(null, 3, null, null)]
    [InlineData(null, null, 3, null)]
    [InlineData(null, null, null, 3)]
    public void Each_limit_of_a_quota_is_kept(int? vms, int? cpus, int? memoryGiB, int? storageGiB) =>
        new Given<ProjectState>(WithQuota(new Quota(vms, cpus, memoryGiB?.GiB, storageGiB?.GiB)), new QuotaReserved("vm-1", new QuotaUse(1, 2, 2.GiB, 2.GiB)))
            .When(new ReserveQuota(Project, "vm-2", new QuotaUse(1, 2, 2.GiB, 2.GiB))).RefusedWith("quota.exceeded");

    [Fact]
    public void A_quota_that_is_lowered_takes_nothing_away() =>
        Assert.Equal(1, new Given<ProjectState>(WithQuota(Quota.None), new QuotaReserved("vm-1", new QuotaUse(1, 2, 2.GiB, 2.GiB)), new QuotaSet(new Quota(0, 0, null, null))).State.Used.Vms);
}
