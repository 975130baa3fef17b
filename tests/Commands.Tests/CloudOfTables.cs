using IaaS.Commands.Kernel;
using IaaS.Commands.Placement;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;
using IaaS.Projections.Cluster;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;
using IaaS.Projections.Network;
using IaaS.Projections.Storage;
using IaaS.Projections.Zone;

namespace IaaS.Commands.Tests;

/// <summary>Live tables fed by hand, and the map over them: a cloud without a store.</summary>
public sealed class CloudOfTables : IFeed
{
    private readonly LiveTable<ZoneView> zones;
    private readonly LiveTable<ClusterView> clusters;
    private readonly LiveTable<HostView> hosts;
    private readonly LiveTable<L2View> l2s;
    private readonly LiveTable<L3View> l3s;
    private readonly LiveTable<StorageView> storages;
    private long position;

    public CloudOfTables()
    {
        (zones, clusters, hosts) = (new(this, TimeProvider.System), new(this, TimeProvider.System), new(this, TimeProvider.System));
        (l2s, l3s, storages) = (new(this, TimeProvider.System), new(this, TimeProvider.System), new(this, TimeProvider.System));
        Map = NewMap();
    }

    public static IReadOnlyList<IHostFilter> Filters { get; } =
    [
        new DesignatedFilter(), new EnabledFilter(), new MaintenanceFilter(), new ConnectedFilter(), new NetworkFilter(), new StorageFilter(), new CapacityFilter(),
    ];

    public CloudMap Map { get; }

    public IReadOnlyList<HostView> Hosts => [.. hosts.All];

    public IReadOnlyList<StorageView> Storages => [.. storages.All];

    /// <summary>A map that starts from the tables as they are.</summary>
    public CloudMap NewMap() => new(zones, clusters, hosts, l2s, l3s, storages);

    public void Happens(string stream, IEvent happened)
    {
        var previous = position++;
        Recorded[] commit = [new(happened, stream, position, position, DateTimeOffset.UnixEpoch, Origin.System)];
        foreach (var table in (IFeedListener[])[zones, clusters, hosts, l2s, l3s, storages]) table.Publish(previous, commit);
        Assert.Null(hosts.Failure);
    }

    public void AddZone(string id) => Happens(id, new ZoneCreated(new(id), id, null));

    public void AddCluster(string id, string zone) => Happens(id, new ClusterCreated(new(id), id, null, new(zone)));

    public void AddHost(string id, string zone, string cluster, int cpus, Bytes memory, string driver = "simulator") =>
        Happens(id, new HostCreated(new(id), id, null, new(zone), new(cluster), driver, cpus, memory, 1, Bytes.Zero));

    public void AddStorage(string id, string zone, Bytes capacity, string? host = null, string driver = "simulator", params string[] within) =>
        Happens(id, new StorageCreated(new(id), id, null, new(zone), [.. within.Select(c => new ClusterId(c))], host is null ? null : new HostId(host), driver, "/" + id, capacity));

    public void AddNetwork(string l2, string l3, string zone, params string[] within)
    {
        Happens(l2, new L2Created(new(l2), l2, null, new(zone), [.. within.Select(c => new ClusterId(c))], "br0", null));
        Happens(l3, new L3Created(new(l3), l3, null, new(l2), "br0", null, "10.0.0.0/16", null));
    }

    public Placer NewPlacer(IChance chance, params IHostFilter[] more) => new(Map, [.. Filters, .. more], [new BalanceWeigher()], chance);

    public Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct) => Task.FromResult<IReadOnlyList<Recorded>>([]);
}

/// <summary>The same numbers for the same seed.</summary>
public sealed class SeededChance(int seed) : IChance
{
#pragma warning disable CA5394 // It shall be predictable.
    private readonly Random random = new(seed);

    public int Next(int exclusiveMax) => random.Next(exclusiveMax);
#pragma warning restore CA5394
}
