using System.Collections.Immutable;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;
using IaaS.Projections.Cluster;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;
using IaaS.Projections.Network;
using IaaS.Projections.Storage;
using IaaS.Projections.Zone;

namespace IaaS.Commands.Placement;

/// <summary>
/// What placement knows of the cloud: always current, in memory, indexed so that a decision touches few hosts. It guesses;
/// the streams of host and storage decide.
/// </summary>
public sealed class CloudMap
{
    private readonly LiveTable<ZoneView> zones;
    private readonly LiveTable<ClusterView> clusters;
    private readonly LiveTable<HostView> hosts;
    private readonly LiveTable<L2View> l2s;
    private readonly LiveTable<L3View> l3s;
    private readonly LiveTable<StorageView> storages;

    public CloudMap(LiveTable<ZoneView> zones, LiveTable<ClusterView> clusters, LiveTable<HostView> hosts,
        LiveTable<L2View> l2s, LiveTable<L3View> l3s, LiveTable<StorageView> storages)
    {
        (this.zones, this.clusters, this.hosts, this.l2s, this.l3s, this.storages) = (zones, clusters, hosts, l2s, l3s, storages);
        Index = new(id => zones.Find(id) is { Enabled: true }, id => clusters.Find(id) is { Enabled: true }, RoomOnItsOwn);
        storages.Changed += (before, after) =>
        {
            Disks.Change(before, after);
            if ((after ?? before)!.HostId is { } own) Index.RoomChanged(own);
        };
        Disks.Seed(() => storages.All);
        hosts.Changed += Index.Change;
        Index.Seed(() => hosts.All);
        clusters.Changed += (before, after) => Index.ClusterChanged((after ?? before)!.Id);
        zones.Changed += (before, after) => Index.ZoneChanged((after ?? before)!.Id);
        // What changed while nobody listened.
        foreach (var cluster in clusters.All) Index.ClusterChanged(cluster.Id);
        foreach (var zone in zones.All) Index.ZoneChanged(zone.Id);
    }

    internal HostIndex Index { get; }

    internal StorageIndex Disks { get; } = new();

    public HostView? Host(string id) => hosts.Find(id);

    /// <summary>All of them, by id: for what the index cannot tell.</summary>
    public IEnumerable<HostView> Hosts => hosts.All;

    /// <summary>True when neither the host's cluster nor its zone is disabled.</summary>
    public bool IsOpen(HostView host) => clusters.Find(host.ClusterId) is { Enabled: true } && zones.Find(host.ZoneId) is { Enabled: true };

    public bool Reaches(HostView host, L3Id network) => LayerBelow(network) is { Enabled: true } l2
        && string.Equals(l2.ZoneId, host.ZoneId, StringComparison.Ordinal) && Covers(l2.ClusterIds, host.ClusterId);

    public bool Reaches(HostView host, StorageId storage) => storages.Find(storage.Value) is { } found && Reaches(host, found);

    public bool ReachesAll(HostView host, IReadOnlyList<StorageId> all)
    {
        foreach (var storage in all)
        {
            if (!Reaches(host, storage)) return false;
        }

        return true;
    }

    internal L2View? LayerBelow(L3Id network) => l3s.Find(network.Value) is { } l3 ? l2s.Find(l3.L2Id) : null;

    internal StorageView? Storage(StorageId id) => storages.Find(id.Value);

    /// <summary>A host through which a disk can be made on a storage; null where there is none now.</summary>
    public HostView? MakerFor(StorageView storage)
    {
        if (storage.HostId is { } own) return hosts.Find(own) is { } host && HostPool.Makes(host) && IsOpen(host) && Reaches(host, storage) ? host : null;
        return First([storage], [], p => p.Makers, p => p.Open && p.Zone.Open);
    }

    /// <summary>The first connected host by id that reaches a storage; null for none.</summary>
    public HostView? ConnectedTo(StorageId id)
    {
        if (storages.Find(id.Value) is not { } storage) return null;
        return storage.HostId is null
            ? First([storage], [], p => p.Connected, _ => true)
            : hosts.Find(storage.HostId) is { } host && HostPool.IsConnected(host) && Reaches(host, storage) ? host : null;
    }

    /// <summary>The first host by id, in whatever state, that reaches them all; null for none.</summary>
    public HostView? Reaching(IReadOnlyList<StorageId> disks, IReadOnlyList<L3Id> networks)
    {
        List<StorageView> found = [];
        foreach (var id in disks)
        {
            if (storages.Find(id.Value) is not { } storage) return null;
            if (storage.HostId is { } own)
                return hosts.Find(own) is { } host && ReachesAll(host, disks) && networks.All(n => Reaches(host, n)) ? host : null;
            found.Add(storage);
        }

        List<L2View> layers = [];
        foreach (var network in networks)
        {
            if (LayerBelow(network) is not { Enabled: true } l2) return null;
            layers.Add(l2);
        }

        return First(found, layers, p => p.All, _ => true);
    }

    /// <summary>The storage with the most room that the host reaches; where the disk must be on one storage, that or none.</summary>
    public StorageView? StorageFor(HostView host, PlaceVm request)
    {
        if (request.Storage is { } fixedTo) return storages.Find(fixedTo.Value) is { } own && Reaches(host, own) && (request.Disk == Bytes.Zero || Takes(own, request.Disk)) ? own : null;
        var best = Roomiest(host, Disks.Own(host.Id), request.Disk, null);
        best = Roomiest(host, Disks.Zonal(host.ZoneId), request.Disk, best);
        return Roomiest(host, Disks.OfCluster(host.ZoneId, host.ClusterId), request.Disk, best);
    }

    internal static bool Takes(StorageView storage, Bytes disk) => storage.Enabled && storage.Capacity - storage.Used >= disk;

    private static StorageView? Roomiest(HostView host, ImmutableArray<StorageView> among, Bytes disk, StorageView? best)
    {
        foreach (var storage in among)
        {
            if (!Takes(storage, disk) || !Reaches(host, storage)) continue;
            if (best is null || storage.Capacity - storage.Used > best.Capacity - best.Used) best = storage;
        }

        return best;
    }

    private HostView? First(IReadOnlyList<StorageView> disks, IReadOnlyList<L2View> networks, Func<HostPool, SortedSet<string>> of, Func<HostPool, bool> passes)
    {
        var named = disks.Select(d => d.ClusterIds).Concat(networks.Select(n => n.ClusterIds)).Where(c => c.Count > 0).MinBy(c => c.Count);
        var id = Index.First(named, of, p => passes(p)
            && disks.All(d => Reaches(p.Place, d))
            && networks.All(n => string.Equals(n.ZoneId, p.Place.Zone, StringComparison.Ordinal) && Covers(n.ClusterIds, p.Place.Cluster)));
        return id is null ? null : hosts.Find(id);
    }

    private long RoomOnItsOwn(HostView host) => Roomiest(host, Disks.Own(host.Id), Bytes.Zero, null) is { } best ? (best.Capacity - best.Used).Value : -1;

    private static bool Reaches(HostView host, StorageView storage) =>
        (storage.HostId is null || string.Equals(storage.HostId, host.Id, StringComparison.Ordinal)) && Reaches(Place.Of(host), storage);

    private static bool Reaches(Place place, StorageView storage) =>
        string.Equals(storage.ZoneId, place.Zone, StringComparison.Ordinal) && Covers(storage.ClusterIds, place.Cluster)
        && Place.IsSimulated(storage.Driver) == place.Simulated;

    private static bool Covers(IReadOnlyList<string> clusters, string cluster) => clusters.Count == 0 || clusters.Contains(cluster, StringComparer.Ordinal);
}
