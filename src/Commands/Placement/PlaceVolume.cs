using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Projections.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Asks where a data volume goes.</summary>
/// <param name="Zone">Where it must be; null for anywhere. So too <paramref name="Storage"/>.</param>
public sealed record PlaceVolume(string Volume, Bytes Size, string? Zone, string? Storage) : IRequest;

/// <summary>
/// Takes the storage with the most room, and a host that reaches it and makes the disk. Shared storages come first: a volume there
/// can be attached wherever a VM runs.
/// </summary>
public sealed class VolumePlacer(CloudMap map) : IChooser<PlaceVolume>
{
    public Choice Choose(PlaceVolume request, IReadOnlySet<string> refused)
    {
        var full = refused.Select(r => Site.Read(r).Storage.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var storage in Fitting(request))
        {
            if (!full.Contains(storage.Id) && map.MakerFor(storage) is { } host)
                return new Choice.Made(new Site(HostId.Of(host.Id), StorageId.Of(storage.Id), storage.Path).Write());
        }

        return new Choice.None(new Rejection(RejectionKind.NoCapacity, "placement.no-storage",
            $"No storage that is enabled and reached by a connected host has room for {request.Size}. Add storage, or ask for less or elsewhere."));
    }

    /// <summary>Shared ones first, and of each the one with the most room.</summary>
    private IEnumerable<StorageView> Fitting(PlaceVolume request)
    {
        if (request.Storage is not null)
        {
            return map.Storage(new(request.Storage)) is { } only && CloudMap.Takes(only, request.Size)
                && (request.Zone is null || string.Equals(request.Zone, only.ZoneId, StringComparison.Ordinal)) ? [only] : [];
        }

        return map.Disks.ByRoom(request.Zone, own: false).TakeWhile(s => CloudMap.Takes(s, request.Size))
            .Concat(map.Disks.ByRoom(request.Zone, own: true).TakeWhile(s => CloudMap.Takes(s, request.Size)));
    }
}
