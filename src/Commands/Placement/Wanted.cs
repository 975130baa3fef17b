using IaaS.Domain.Kernel;
using IaaS.Projections.Storage;

namespace IaaS.Commands.Placement;

/// <summary>What a request for a host means for places: worked out once, so that a decision asks each place and not each host.</summary>
internal sealed class Wanted
{
    private readonly PlaceVm request;
    private readonly StorageIndex storages;
    private readonly StorageView? onto;
    private readonly List<Coverage> networks = [];
    private readonly List<(Coverage Where, bool Simulated)> disks = [];
    private readonly Dictionary<(ZonePool Zone, bool Simulated), bool> zonal = [];
    private bool networkGone;
    private bool storageGone;

    public Wanted(PlaceVm request, CloudMap map, StorageIndex storages)
    {
        (this.request, this.storages) = (request, storages);
        Zone = request.Zone;
        if (request.Cluster is not null) Clusters = [request.Cluster];
        foreach (var network in request.Networks)
        {
            if (map.LayerBelow(network) is { Enabled: true } l2) networks.Add(Narrow(l2.ZoneId, l2.ClusterIds));
            else networkGone = true;
        }

        NetworkExtent = new(networkGone || Contradicts, Zone, Clusters);
        if (request.Storage is { } fixedTo) onto = NeedDisk(map.Storage(fixedTo));
        if (onto is not null && request.Disk != Bytes.Zero && !CloudMap.Takes(onto, request.Disk)) storageGone = true;
        foreach (var volume in request.Volumes ?? []) NeedDisk(map.Storage(volume));
    }

    /// <summary>No host can do, whatever is free.</summary>
    public bool Impossible => networkGone || storageGone || Contradicts;

    /// <summary>The only host that can do: a disk is on its own storage. Null for any.</summary>
    public string? Pinned { get; private set; }

    /// <summary>The zone that it must be in, and the fewest clusters that are named; null for any.</summary>
    public string? Zone { get; private set; }
    public IReadOnlyList<string>? Clusters { get; private set; }

    /// <summary>Where all of its networks can be, and where those and its disks.</summary>
    public Extent NetworkExtent { get; }
    public Extent Extent => new(Impossible, Zone, Clusters);

    private bool Contradicts { get; set; }

    public bool HasNetworks(Place place) => !networkGone && networks.TrueForAll(n => n.Covers(place));

    /// <summary>What a host there must have left; null where the place lacks a network or a storage. A pinned host is not looked at.</summary>
    public Need? NeedIn(HostPool pool)
    {
        var place = pool.Place;
        if (storageGone || !HasNetworks(place)) return null;
        foreach (var (where, simulated) in disks)
        {
            if (simulated != place.Simulated || !where.Covers(place)) return null;
        }

        var shared = TakesShared(pool.Zone, place.Simulated) || Takes(storages.OfCluster(place.Zone, place.Cluster), place.Simulated);
        return new(request.Cpus, request.Memory.Value, shared ? Need.NoRoom : Math.Max(0, request.Disk.Value));
    }

    /// <summary>Its disks are of that sort, or it brings none.</summary>
    public bool DisksAre(bool simulated) => disks.TrueForAll(d => d.Simulated == simulated);

    /// <summary>No host of the zone needs room of its own for the disk.</summary>
    public bool TakesShared(ZonePool zone, bool simulated)
    {
        if (request.Storage is not null) return true;
        var key = (zone, simulated);
        if (!zonal.TryGetValue(key, out var takes)) zonal[key] = takes = Takes(storages.Zonal(zone.Id), simulated);
        return takes;
    }

    private bool Takes(IEnumerable<StorageView> shared, bool simulated)
    {
        foreach (var storage in shared)
        {
            if (CloudMap.Takes(storage, request.Disk) && Place.IsSimulated(storage.Driver) == simulated) return true;
        }

        return false;
    }

    private StorageView? NeedDisk(StorageView? storage)
    {
        if (storage is null)
        {
            storageGone = true;
            return null;
        }

        disks.Add((Narrow(storage.ZoneId, storage.ClusterIds), Place.IsSimulated(storage.Driver)));
        if (storage.HostId is not { } own) return storage;
        if (Pinned is not null && !string.Equals(Pinned, own, StringComparison.Ordinal)) Contradicts = true;
        Pinned = own;
        return storage;
    }

    private Coverage Narrow(string zone, IReadOnlyList<string> clusters)
    {
        if (Zone is not null && !string.Equals(Zone, zone, StringComparison.Ordinal)) Contradicts = true;
        Zone = zone;
        if (clusters.Count > 0 && (Clusters is null || clusters.Count < Clusters.Count)) Clusters = clusters;
        return new(zone, clusters);
    }

    private sealed class Coverage(string zone, IReadOnlyList<string> clusters)
    {
        private HashSet<string>? set;

        public bool Covers(Place place) => string.Equals(zone, place.Zone, StringComparison.Ordinal)
            && (clusters.Count == 0 || (set ??= new(clusters, StringComparer.Ordinal)).Contains(place.Cluster));
    }
}
