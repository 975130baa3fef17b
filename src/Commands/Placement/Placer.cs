using System.Globalization;
using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>
/// Chooses a host by a chain of filters and weighers. It draws, from those that the index knows to have the capacity, hosts at random
/// and takes the best of a few that pass: as even as a scan of all, at a cost that does not grow with them, and a thousand choices at
/// a time do not all fall on one host. The filters stay the truth; what one refuses that the index does not know is looked for last.
/// </summary>
public sealed class Placer(CloudMap map, IEnumerable<IHostFilter> filters, IEnumerable<IHostWeigher> weighers, IChance chance) : IChooser<PlaceVm>
{
    // The best of eight is as even as the best of all. Among few hosts, decisions in flight at once would then meet on the emptiest.
    private const int FewestFits = 3;
    private const int MostFits = 8;
    private const int HostsForOneFit = 100;
    private const int Draws = 24;

    /// <summary>So few clusters are looked at one by one at once.</summary>
    private const int FewClusters = 16;

    /// <summary>What the index knows, in their order.</summary>
    private static readonly Type[] Known =
    [
        typeof(DesignatedFilter), typeof(EnabledFilter), typeof(MaintenanceFilter), typeof(ConnectedFilter),
        typeof(NetworkFilter), typeof(StorageFilter), typeof(CapacityFilter),
    ];

    private readonly IHostFilter[] filters = [.. filters.OrderBy(f => f.Order).ThenBy(f => f.Name, StringComparer.Ordinal)];
    private readonly IHostWeigher[] weighers = [.. weighers];

    // Where a filter is missing, the index would refuse what nobody asked it to.
    private readonly bool indexed = Known.All(k => filters.Any(f => f.GetType() == k));

    public Choice Choose(PlaceVm request, IReadOnlySet<string> refused)
    {
        var refusedHosts = refused.Select(r => Site.Read(r).Host.Value).ToHashSet(StringComparer.Ordinal);
        if ((request.Host ?? request.PreferredHost) is { } named && map.Host(named) is { } host && Passes(host, request, refusedHosts) && Take(host, request) is { } there) return there;
        if (!indexed) return Scan(request, refusedHosts);
        var wanted = new Wanted(request, map, map.Disks);
        if (request.Host is null && Find(request, wanted, refusedHosts) is { } best) return Take(best, request) ?? Scan(request, refusedHosts);
        // Of another's filter only a scan can tell what it left.
        return filters.Length > Known.Length ? Scan(request, refusedHosts) : Refuse(request, wanted, refusedHosts);
    }

    private HostView? Find(PlaceVm request, Wanted wanted, HashSet<string> refused)
    {
        if (wanted.Impossible) return null;
        if (wanted.Pinned is not null) return map.Host(wanted.Pinned) is { } only && Passes(only, request, refused) ? only : null;
        if (wanted.Clusters is null or { Count: > FewClusters })
        {
            Need need = new(request.Cpus, request.Memory.Value, Need.NoRoom);
            if (Best(() => map.Index.Draw(wanted.Zone, need, chance), map.Index.CountTakers(wanted.Zone), request, refused, out var none) is { } quick) return quick;
            if (none) return null;
        }

        var field = map.Index.Field(wanted);
        return Best(() => map.Index.Draw(field, chance), field.Count, request, refused, out var empty) is { } best ? best
            : empty ? null
            : map.Index.Collect(field).Where(h => Passes(h, request, refused)).OrderBy(h => Weight(h, request)).ThenBy(h => h.Id, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <param name="among">How many hosts are drawn from.</param>
    /// <param name="none">There was nothing to draw.</param>
    private HostView? Best(Func<HostView?> draw, int among, PlaceVm request, HashSet<string> refused, out bool none)
    {
        HostView? best = null;
        none = false;
        var enough = Math.Clamp(among / HostsForOneFit, FewestFits, MostFits);
        for (int draws = 0, fits = 0; draws < Draws && fits < enough; draws++)
        {
            if (draw() is not { } host)
            {
                none = draws == 0;
                break;
            }

            if (!Passes(host, request, refused)) continue;
            fits++;
            if (best is null || Weight(host, request) < Weight(best, request)) best = host;
        }

        return best;
    }

    /// <summary>The answer of <see cref="Scan"/> when nothing fits, from what the index has counted.</summary>
    private Choice.None Refuse(PlaceVm request, Wanted wanted, HashSet<string> refused)
    {
        var left = map.Index.CountLeft(wanted, request.Zone, request.Cluster);
        if (request.NotHost is { } not && map.Host(not) is { } other) Count(left, other, request with { NotHost = null }, 1, 6, -1);
        if (request.Host is not null)
        {
            Array.Clear(left, 1, 7);
            if (map.Host(request.Host) is { } only) Count(left, only, request, 1, 6, 1);
        }
        else if (wanted.Pinned is not null)
        {
            left[6] = 0;
            if (map.Host(wanted.Pinned) is { } only) Count(left, only, request, 6, 6, 1);
        }

        // Whoever has the capacity was refused before.
        left[7] = refused.Count(id => map.Host(id) is { } host && Passes(host, request, []));
        var story = string.Create(CultureInfo.InvariantCulture, $"{left[0]} hosts");
        for (var i = 0; i < filters.Length; i++)
        {
            if (left[i + 1] <= 0) return None(filters[i].Name, left[i], story);
            story += string.Create(CultureInfo.InvariantCulture, $", {left[i + 1]} after {filters[i].Name}");
        }

        return None("capacity", left[^1], story);
    }

    /// <summary>Adds to what is left after the filters from one to another those that the host passes, with all before.</summary>
    private void Count(int[] left, HostView host, PlaceVm request, int from, int to, int by)
    {
        for (var i = 1; i <= to && filters[i - 1].Passes(host, request, map); i++)
        {
            if (i >= from) left[i] += by;
        }
    }

    private Choice Scan(PlaceVm request, HashSet<string> refused)
    {
        List<HostView> left = [.. map.Hosts];
        var story = string.Create(CultureInfo.InvariantCulture, $"{left.Count} hosts");
        foreach (var filter in filters)
        {
            var before = left.Count;
            left.RemoveAll(h => !filter.Passes(h, request, map));
            if (left.Count == 0) return None(filter.Name, before, story);
            story += string.Create(CultureInfo.InvariantCulture, $", {left.Count} after {filter.Name}");
        }

        var tried = left.Count;
        left.RemoveAll(h => refused.Contains(h.Id));
        if (left.Count == 0) return None("capacity", tried, story);
        Choice? first = left.OrderBy(h => Weight(h, request)).Select(h => Take(h, request)).FirstOrDefault(c => c is not null);
        return first ?? None("storage", left.Count, story);
    }

    private static Choice.None None(string filter, int before, string story) => new(new Rejection(RejectionKind.NoCapacity, "placement.no-capacity",
        $"No host fits: the filter '{filter}' left none of {before} ({story}). Add hosts or free some, or ask for less."));

    private bool Passes(HostView host, PlaceVm request, HashSet<string> refused)
    {
        if (refused.Contains(host.Id)) return false;
        foreach (var filter in filters)
        {
            if (!filter.Passes(host, request, map)) return false;
        }

        return true;
    }

    private double Weight(HostView host, PlaceVm request)
    {
        var sum = 0.0;
        foreach (var weigher in weighers) sum += weigher.Weigh(host, request);
        return sum;
    }

    /// <summary>Null where its storage was there for the filter a moment ago, and another has taken the room.</summary>
    private Choice.Made? Take(HostView host, PlaceVm request) => map.StorageFor(host, request) is { } storage
        ? new Choice.Made(new Site(HostId.Of(host.Id), StorageId.Of(storage.Id), storage.Path).Write())
        : null;
}
