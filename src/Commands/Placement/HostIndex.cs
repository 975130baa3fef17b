using IaaS.Commands.Kernel;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>
/// The hosts by zone and place, kept with every change: a decision asks it for hosts that have the capacity, and never goes through all.
/// Safe for threads; it holds its lock for a draw, not for a decision.
/// </summary>
internal sealed class HostIndex(Func<string, bool> isZoneOpen, Func<string, bool> isClusterOpen, Func<HostView, long> roomOf)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Dictionary<Place, HostPool> pools = [];
    private readonly List<HostPool> all = [];
    private readonly Dictionary<string, List<HostPool>> byCluster = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ZonePool> zones = new(StringComparer.Ordinal);
    private readonly List<ZonePool> allZones = [];
    private uint lastNumber;

    /// <summary>Takes what the table has and did not tell: rows from before it was listened to.</summary>
    public void Seed(Func<IEnumerable<HostView>> rows)
    {
        lock (gate)
        {
            foreach (var host in rows()) Put(host);
        }
    }

    public void Change(HostView? before, HostView? after)
    {
        lock (gate)
        {
            if (after is not null) Put(after);
            else if (before is not null && slots.Remove(before.Id, out var gone)) pools[Place.Of(gone.Host)].Remove(gone);
        }
    }

    /// <summary>A storage of the host's own has changed.</summary>
    public void RoomChanged(string host)
    {
        lock (gate)
        {
            if (slots.TryGetValue(host, out var slot)) Put(slot.Host);
        }
    }

    public void ClusterChanged(string cluster)
    {
        lock (gate)
        {
            foreach (var pool in byCluster.GetValueOrDefault(cluster, [])) pool.SetOpen(isClusterOpen(cluster));
        }
    }

    public void ZoneChanged(string zone)
    {
        lock (gate)
        {
            if (zones.TryGetValue(zone, out var pool)) pool.Open = isZoneOpen(zone);
        }
    }

    /// <summary>A host of the zone (null: of any) that takes VMs and has that much left; null where there is none.</summary>
    public HostView? Draw(string? zone, Need need, IChance chance)
    {
        lock (gate)
        {
            if (zone is not null) return zones.TryGetValue(zone, out var only) && only.Open ? only.Takers.Draw(need, chance)?.Host : null;
            if (allZones.Count == 1) return allZones[0].Open ? allZones[0].Takers.Draw(need, chance)?.Host : null;
            return new HostField(allZones.Where(z => z.Open).Select(z => (z.Takers, need))).Draw(chance)?.Host;
        }
    }

    /// <summary>How many hosts of the zone (null: of all) take VMs.</summary>
    public int CountTakers(string? zone)
    {
        lock (gate)
        {
            if (zone is not null) return zones.TryGetValue(zone, out var only) && only.Open ? only.Takers.Count : 0;
            var count = 0;
            foreach (var pool in allZones) count += pool.Open ? pool.Takers.Count : 0;
            return count;
        }
    }

    /// <summary>The places within reach of a request that have a host for it.</summary>
    public HostField Field(Wanted wanted)
    {
        lock (gate)
        {
            return new(Within(wanted.Zone, wanted.Clusters)
                .Where(p => p.Open && p.Zone.Open)
                .Select(p => (p.Takers, Need: wanted.NeedIn(p)))
                .Where(p => p.Need is not null)
                .Select(p => (p.Takers, p.Need!.Value)));
        }
    }

    public HostView? Draw(HostField field, IChance chance)
    {
        lock (gate) return field.Draw(chance)?.Host;
    }

    public List<HostView> Collect(HostField field)
    {
        lock (gate) return field.Collect();
    }

    /// <summary>The first by id in any place that passes.</summary>
    public string? First(IReadOnlyList<string>? clusters, Func<HostPool, SortedSet<string>> of, Func<HostPool, bool> passes)
    {
        lock (gate)
        {
            return Within(null, clusters).Where(p => of(p).Count > 0 && passes(p)).Select(p => of(p).Min).Min(StringComparer.Ordinal);
        }
    }

    /// <summary>How many hosts are left after each of the filters that the index knows, in their order; the first is how many there are.</summary>
    /// <remarks>Asks each zone where all of it is alike to the request, and its places only where not.</remarks>
    public int[] CountLeft(Wanted wanted, string? zone, string? cluster)
    {
        lock (gate)
        {
            var left = new int[8];
            left[0] = slots.Count;
            if (cluster is not null)
            {
                foreach (var pool in Within(zone, [cluster])) CountLeft(pool, wanted, left);
            }
            else
            {
                foreach (var asked in allZones)
                {
                    if (zone is null || string.Equals(zone, asked.Id, StringComparison.Ordinal)) CountLeft(asked, wanted, left);
                }
            }

            return left;
        }
    }

    private static void CountLeft(HostPool pool, Wanted wanted, int[] left)
    {
        left[1] += pool.All.Count;
        if (!pool.Open || !pool.Zone.Open) return;
        left[2] += pool.Enabled;
        left[3] += pool.Calm;
        left[4] += pool.Takers.Count;
        if (!wanted.HasNetworks(pool.Place)) return;
        left[5] += pool.Takers.Count;
        left[6] += WithRoom(pool, wanted);
    }

    private void CountLeft(ZonePool zone, Wanted wanted, int[] left)
    {
        left[1] += zone.Hosts;
        if (!zone.Open) return;
        left[2] += zone.Enabled;
        left[3] += zone.Calm;
        left[4] += zone.Takers.Count;
        if (wanted.NetworkExtent.Covers(zone.Id))
        {
            left[5] += wanted.NetworkExtent.Clusters is null
                ? zone.Takers.Count
                : OpenWithin(zone, wanted.NetworkExtent).Sum(p => wanted.HasNetworks(p.Place) ? p.Takers.Count : 0);
        }

        if (!wanted.Extent.Covers(zone.Id)) return;
        if (wanted.Extent.Clusters is not null)
        {
            left[6] += OpenWithin(zone, wanted.Extent).Sum(p => WithRoom(p, wanted));
            return;
        }

        foreach (var simulated in (ReadOnlySpan<bool>)[false, true])
        {
            var takers = zone.TakersThatAre(simulated);
            if (takers == 0 || !wanted.DisksAre(simulated)) continue;
            left[6] += wanted.TakesShared(zone, simulated)
                ? takers
                : OpenWithin(zone, wanted.Extent).Sum(p => p.Place.Simulated == simulated ? WithRoom(p, wanted) : 0);
        }
    }

    private IEnumerable<HostPool> OpenWithin(ZonePool zone, Extent extent) => Within(zone.Id, extent.Clusters).Where(p => p.Open);

    private static int WithRoom(HostPool pool, Wanted wanted) =>
        wanted.NeedIn(pool) is not { } need ? 0 : need.Room == Need.NoRoom ? pool.Takers.Count : pool.TakersByRoom.CountAtLeast(need.Room);

    private IEnumerable<HostPool> Within(string? zone, IReadOnlyList<string>? clusters)
    {
        IEnumerable<HostPool> found = clusters is not null ? clusters.Distinct(StringComparer.Ordinal).SelectMany(c => byCluster.GetValueOrDefault(c, []))
            : zone is null ? all
            : zones.TryGetValue(zone, out var only) ? only.Pools : [];
        return zone is null || clusters is null ? found : found.Where(p => string.Equals(p.Place.Zone, zone, StringComparison.Ordinal));
    }

    private void Put(HostView host)
    {
        var known = slots.GetValueOrDefault(host.Id);
        var slot = new Slot(host, host.Cpus - host.UsedCpus, (host.Memory - host.UsedMemory).Value, roomOf(host), known?.Number ?? lastNumber++);
        slots[host.Id] = slot;
        var pool = PoolOf(Place.Of(host));
        if (known is not null && Place.Of(known.Host) == pool.Place && HostPool.StandsAs(known.Host, host))
        {
            pool.Replace(known, slot);
            return;
        }

        if (known is not null) PoolOf(Place.Of(known.Host)).Remove(known);
        pool.Add(slot);
    }

    private HostPool PoolOf(Place place)
    {
        if (pools.TryGetValue(place, out var pool)) return pool;
        if (!zones.TryGetValue(place.Zone, out var zone))
        {
            zone = zones[place.Zone] = new(place.Zone) { Open = isZoneOpen(place.Zone) };
            allZones.Add(zone);
        }

        pool = pools[place] = new(place, zone) { Open = isClusterOpen(place.Cluster) };
        all.Add(pool);
        zone.Pools.Add(pool);
        if (!byCluster.TryGetValue(place.Cluster, out var ofCluster)) byCluster[place.Cluster] = ofCluster = [];
        ofCluster.Add(pool);
        return pool;
    }
}

/// <summary>Trees with a host for a request, each weighted by its hosts that have the memory.</summary>
internal sealed class HostField
{
    private readonly List<(HostTree Tree, Need Need, int UpTo)> parts = [];

    public HostField(IEnumerable<(HostTree Tree, Need Need)> trees)
    {
        var sum = 0;
        foreach (var (tree, need) in trees)
        {
            if (tree.Any(need)) parts.Add((tree, need, sum += tree.CountAtLeast(need.Memory)));
        }
    }

    /// <summary>Of those with the memory.</summary>
    public int Count => parts.Count == 0 ? 0 : parts[^1].UpTo;

    public Slot? Draw(IChance chance)
    {
        if (parts.Count == 0) return null;
        var at = chance.Next(parts[^1].UpTo);
        var (low, high) = (0, parts.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (parts[middle].UpTo > at) high = middle;
            else low = middle + 1;
        }

        return parts[low].Tree.Draw(parts[low].Need, chance);
    }

    public List<HostView> Collect()
    {
        List<Slot> found = [];
        foreach (var (tree, need, _) in parts) tree.Collect(need, found);
        return [.. found.Select(s => s.Host)];
    }
}
