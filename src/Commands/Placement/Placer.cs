using System.Globalization;
using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>
/// Chooses a host by a chain of filters and weighers. It draws hosts at random and takes the best of three that fit: as
/// even as a scan of all, at a cost that does not grow with them, and a thousand choices at a time do not all fall on one
/// host. Only when its draws find none does it scan all, and then it can tell which filter left none.
/// </summary>
public sealed class Placer(CloudMap map, IEnumerable<IHostFilter> filters, IEnumerable<IHostWeigher> weighers, IChance chance) : IChooser<PlaceVm>
{
    private const int Fits = 3;
    private const int Draws = 24;

    private readonly IHostFilter[] filters = [.. filters.OrderBy(f => f.Order).ThenBy(f => f.Name, StringComparer.Ordinal)];
    private readonly IHostWeigher[] weighers = [.. weighers];

    public Choice Choose(PlaceVm request, IReadOnlySet<string> refused)
    {
        var refusedHosts = refused.Select(r => Site.Read(r).Host.Value).ToHashSet(StringComparer.Ordinal);
        if ((request.Host ?? request.PreferredHost) is { } wanted && map.Host(wanted) is { } host && Passes(host, request, refusedHosts)) return Take(host, request);
        var best = Draw(request, refusedHosts);
        return best is not null ? Take(best, request) : Scan(request, refusedHosts);
    }

    private HostView? Draw(PlaceVm request, HashSet<string> refused)
    {
        HostView? best = null;
        var count = map.HostCount;
        for (int draw = 0, fits = 0; draw < Draws && fits < Fits && count > 0; draw++)
        {
            if (map.HostAt(chance.Next(count)) is not { } host || !Passes(host, request, refused)) continue;
            fits++;
            if (best is null || Weight(host, request) < Weight(best, request)) best = host;
        }

        return best;
    }

    private Choice Scan(PlaceVm request, HashSet<string> refused)
    {
        List<HostView> left = [.. map.Hosts.OrderBy(h => h.Id, StringComparer.Ordinal)];
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
        return left.Count == 0 ? None("capacity", tried, story) : Take(left.MinBy(h => Weight(h, request))!, request);
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

    private Choice Take(HostView host, PlaceVm request) => map.StorageFor(host, request) is { } storage
        ? new Choice.Made(new Site(HostId.Of(host.Id), StorageId.Of(storage.Id), storage.Path).Write())
        // It was there for the filter a moment ago: another took the room.
        : None("storage", 1, "1 host");
}
