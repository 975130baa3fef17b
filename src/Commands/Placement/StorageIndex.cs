using System.Collections.Concurrent;
using System.Collections.Immutable;
using IaaS.Projections.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Storages by where they are reached, and by room. Readers take no lock.</summary>
internal sealed class StorageIndex
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, StorageView> known = new(StringComparer.Ordinal);

    // A host's own storages by the host, shared ones by zone and cluster; cluster "" for those that a whole zone reaches.
    private readonly ConcurrentDictionary<(string Place, string Cluster), ImmutableArray<StorageView>> byPlace = new();
    private readonly ConcurrentDictionary<(string Zone, bool Own), ImmutableSortedSet<StorageView>> byRoom = new();

    public void Seed(Func<IEnumerable<StorageView>> rows)
    {
        lock (gate)
        {
            foreach (var storage in rows()) Put(storage.Id, storage);
        }
    }

    public void Change(StorageView? before, StorageView? after)
    {
        lock (gate) Put((after ?? before)!.Id, after);
    }

    public ImmutableArray<StorageView> Own(string host) => byPlace.GetValueOrDefault((host, ""), []);

    /// <summary>Those that all of a zone reaches.</summary>
    public ImmutableArray<StorageView> Zonal(string zone) => byPlace.GetValueOrDefault((zone, ""), []);

    /// <summary>Those made for some clusters, this among them.</summary>
    public ImmutableArray<StorageView> OfCluster(string zone, string cluster) => byPlace.GetValueOrDefault((zone, cluster), []);

    /// <summary>The enabled ones of a zone (null: of all), most room first, then by id.</summary>
    public IEnumerable<StorageView> ByRoom(string? zone, bool own) => byRoom.GetValueOrDefault((zone ?? "", own), []);

    private void Put(string id, StorageView? after)
    {
        if (known.Remove(id, out var before)) Each(before, (list, s) => list.RemoveAll(x => Same(x, s)), (set, s) => set.Remove(s));
        if (after is null) return;
        known[id] = after;
        Each(after, (list, s) => list.Insert(list.TakeWhile(x => string.CompareOrdinal(x.Id, s.Id) < 0).Count(), s), (set, s) => set.Add(s));
    }

    private void Each(StorageView storage, Func<ImmutableArray<StorageView>, StorageView, ImmutableArray<StorageView>> places,
        Func<ImmutableSortedSet<StorageView>, StorageView, ImmutableSortedSet<StorageView>> rooms)
    {
        IEnumerable<string> clusters = storage.HostId is not null || storage.ClusterIds.Count == 0 ? [""] : storage.ClusterIds.Distinct(StringComparer.Ordinal);
        foreach (var cluster in clusters)
        {
            var key = (storage.HostId ?? storage.ZoneId, cluster);
            byPlace[key] = places(byPlace.GetValueOrDefault(key, []), storage);
        }

        if (!storage.Enabled) return;
        foreach (var zone in (string[])["", storage.ZoneId])
        {
            var key = (zone, storage.HostId is not null);
            byRoom[key] = rooms(byRoom.GetValueOrDefault(key) ?? ImmutableSortedSet.Create<StorageView>(MostRoom.First), storage);
        }
    }

    private static bool Same(StorageView a, StorageView b) => string.Equals(a.Id, b.Id, StringComparison.Ordinal);

    private sealed class MostRoom : IComparer<StorageView>
    {
        public static MostRoom First { get; } = new();

        public int Compare(StorageView? x, StorageView? y)
        {
            var byRoom = (y!.Capacity - y.Used).CompareTo(x!.Capacity - x.Used);
            return byRoom != 0 ? byRoom : string.CompareOrdinal(x.Id, y.Id);
        }
    }
}
