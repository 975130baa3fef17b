using System.Collections.Concurrent;
using System.Collections.Immutable;
using IaaS.Domain.Host;
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
    private readonly ConcurrentDictionary<string, ImmutableHashSet<string>> storagesOfPlace = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private ImmutableList<string> hostIds = [];

    public CloudMap(LiveTable<ZoneView> zones, LiveTable<ClusterView> clusters, LiveTable<HostView> hosts,
        LiveTable<L2View> l2s, LiveTable<L3View> l3s, LiveTable<StorageView> storages)
    {
        (this.zones, this.clusters, this.hosts, this.l2s, this.l3s, this.storages) = (zones, clusters, hosts, l2s, l3s, storages);
        hosts.Changed += (before, after) =>
        {
            if (before is null && after is not null) Update(ids => ids.Add(after.Id));
            else if (before is not null && after is null) Update(ids => ids.Remove(before.Id));
        };
        storages.Changed += (before, after) =>
        {
            if (before is null && after is not null) storagesOfPlace.AddOrUpdate(PlaceOf(after), _ => [after.Id], (_, ids) => ids.Add(after.Id));
            else if (before is not null && after is null) storagesOfPlace.AddOrUpdate(PlaceOf(before), _ => [], (_, ids) => ids.Remove(before.Id));
        };
        hostIds = [.. hosts.All.Select(h => h.Id)];
        foreach (var storage in storages.All) storagesOfPlace.AddOrUpdate(PlaceOf(storage), _ => [storage.Id], (_, ids) => ids.Add(storage.Id));
    }

    public int HostCount => hostIds.Count;

    public HostView? HostAt(int index) => hostIds is { } ids && index < ids.Count ? hosts.Find(ids[index]) : null;

    public HostView? Host(string id) => hosts.Find(id);

    public IEnumerable<HostView> Hosts => hosts.All;

    /// <summary>True when neither the host's cluster nor its zone is disabled.</summary>
    public bool IsOpen(HostView host) => clusters.Find(host.ClusterId) is { Enabled: true } && zones.Find(host.ZoneId) is { Enabled: true };

    public bool Reaches(HostView host, L3Id network) =>
        l3s.Find(network.Value) is { } l3 && l2s.Find(l3.L2Id) is { Enabled: true } l2
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

    public IEnumerable<StorageView> Storages => storages.All;

    /// <summary>A host through which a disk can be made on a storage; null where there is none now.</summary>
    public HostView? MakerFor(StorageView storage) => storage.HostId is { } own
        ? hosts.Find(own) is { } host && Makes(host, storage) ? host : null
        : hosts.All.FirstOrDefault(h => Makes(h, storage));

    private bool Makes(HostView host, StorageView storage) =>
        string.Equals(host.Status, "Connected", StringComparison.Ordinal) && host.Maintenance is HostMaintenance.None && Reaches(host, storage) && IsOpen(host);

    /// <summary>The storage with the most room that the host reaches; where the disk must be on one storage, that or none.</summary>
    public StorageView? StorageFor(HostView host, PlaceVm request)
    {
        if (request.Storage is { } fixedTo) return storages.Find(fixedTo.Value) is { } own && Reaches(host, own) && (request.Disk == Bytes.Zero || Takes(own, request.Disk)) ? own : null;
        var best = Roomiest(host, host.Id, request.Disk, null);
        return Roomiest(host, host.ZoneId, request.Disk, best);
    }

    private StorageView? Roomiest(HostView host, string place, Bytes disk, StorageView? best)
    {
        foreach (var id in storagesOfPlace.GetValueOrDefault(place, []))
        {
            if (storages.Find(id) is not { } storage || !Takes(storage, disk) || !Reaches(host, storage)) continue;
            if (best is null || storage.Capacity - storage.Used > best.Capacity - best.Used) best = storage;
        }

        return best;
    }

    private static bool Takes(StorageView storage, Bytes disk) => storage.Enabled && storage.Capacity - storage.Used >= disk;

    private static bool Reaches(HostView host, StorageView storage) =>
        string.Equals(storage.ZoneId, host.ZoneId, StringComparison.Ordinal)
        && (storage.HostId is null || string.Equals(storage.HostId, host.Id, StringComparison.Ordinal))
        && Covers(storage.ClusterIds, host.ClusterId)
        // A simulated host has simulated disks only, and a real host real ones.
        && string.Equals(storage.Driver, "simulator", StringComparison.Ordinal) == string.Equals(host.Driver, "simulator", StringComparison.Ordinal);

    private static bool Covers(IReadOnlyList<string> clusters, string cluster) => clusters.Count == 0 || clusters.Contains(cluster, StringComparer.Ordinal);

    /// <summary>A host's own storage is found by the host; a shared one by its zone.</summary>
    private static string PlaceOf(StorageView storage) => storage.HostId ?? storage.ZoneId;

    private void Update(Func<ImmutableList<string>, ImmutableList<string>> change)
    {
        lock (gate) hostIds = change(hostIds);
    }
}
