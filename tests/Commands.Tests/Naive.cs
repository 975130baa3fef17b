using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Storage;
using IaaS.Projections.Host;
using IaaS.Projections.Storage;

namespace IaaS.Commands.Tests;

/// <summary>The answers of placement by looking at all there is.</summary>
public static class Naive
{
    /// <summary>The hosts that fit, and what is said when there are none.</summary>
    public static (IReadOnlyList<string> Fitting, string Refusal) Scan(CloudOfTables cloud, IReadOnlyList<IHostFilter> filters, PlaceVm request, IReadOnlySet<string> refused)
    {
        List<HostView> left = [.. cloud.Hosts];
        var story = $"{left.Count} hosts";
        foreach (var filter in filters.OrderBy(f => f.Order))
        {
            var before = left.Count;
            left.RemoveAll(h => !filter.Passes(h, request, cloud.Map));
            if (left.Count == 0) return ([], Refusal(filter.Name, before, story));
            story += $", {left.Count} after {filter.Name}";
        }

        var not = refused.Select(r => Site.Read(r).Host.Value).ToHashSet(StringComparer.Ordinal);
        return ([.. left.Select(h => h.Id).Where(id => !not.Contains(id))], Refusal("capacity", left.Count, story));
    }

    public static string? Maker(CloudOfTables cloud, StorageView storage) => cloud.Hosts.FirstOrDefault(h => IsConnected(h)
        && h.Maintenance is HostMaintenance.None && cloud.Map.IsOpen(h) && cloud.Map.Reaches(h, new StorageId(storage.Id)))?.Id;

    public static string? VolumeStorage(CloudOfTables cloud, PlaceVm request) => cloud.Storages
        .Where(s => s.Enabled && s.Capacity - s.Used >= request.Disk && (request.Zone is null || s.ZoneId == request.Zone) && Maker(cloud, s) is not null)
        .OrderBy(s => s.HostId is not null).ThenByDescending(s => s.Capacity - s.Used).ThenBy(s => s.Id, StringComparer.Ordinal).FirstOrDefault()?.Id;

    public static bool IsConnected(HostView host) => host.Status == "Connected";

    private static string Refusal(string filter, int before, string story) =>
        $"No host fits: the filter '{filter}' left none of {before} ({story}). Add hosts or free some, or ask for less.";
}
