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

    // A place is written once for a change: readers must not find it without a storage that only changed.
    private void Put(string id, StorageView? after)
    {
        known.Remove(id, out var before);
        if (after is not null) known[id] = after;
        // A set: a storage can be for a thousand clusters, and it changes with every disk.
        HashSet<(string, string)> places = [.. Places(after)];
        foreach (var key in places.Union(Places(before)))
        {
            var others = byPlace.GetValueOrDefault(key, []).RemoveAll(s => string.Equals(s.Id, id, StringComparison.Ordinal));
            byPlace[key] = places.Contains(key) ? others.Insert(others.TakeWhile(s => string.CompareOrdinal(s.Id, id) < 0).Count(), after!) : others;
        }

        HashSet<(string, bool)> rooms = [.. Rooms(after)];
        foreach (var key in rooms.Union(Rooms(before)))
        {
            var others = byRoom.GetValueOrDefault(key) ?? ImmutableSortedSet.Create<StorageView>(MostRoom.First);
            if (before is not null) others = others.Remove(before);
            byRoom[key] = rooms.Contains(key) ? others.Add(after!) : others;
        }
    }

    private static IEnumerable<(string Place, string Cluster)> Places(StorageView? storage) =>
        storage is null ? []
        : storage.HostId is not null ? [(storage.HostId, "")]
        : storage.ClusterIds.Count == 0 ? [(storage.ZoneId, "")]
        : storage.ClusterIds.Select(c => (storage.ZoneId, c));

    private static IEnumerable<(string Zone, bool Own)> Rooms(StorageView? storage) =>
        storage is { Enabled: true } ? [("", storage.HostId is not null), (storage.ZoneId, storage.HostId is not null)] : [];

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
