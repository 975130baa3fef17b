using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Storage;

/// <summary>One row per primary storage. Capacity and Used in bytes of virtual size.</summary>
public sealed record StorageView(
    string Id, string Name, string? Description, bool Enabled, string ZoneId, IReadOnlyList<string> ClusterIds, string? HostId, string Driver, string Path,
    Bytes Capacity, Bytes Used, int VolumeCount,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<StorageView>
{
    public static ViewType Type { get; } = new("storage", Version: 2,
        [new("zone", "zone", "zoneId"), new("clusters", "cluster", "clusterIds"), new("host", "host", "hostId")], ProjectField: null, "zoneId")
    { Plural = "storages", AlsoIndexed = ["clusterIds"] };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "storage");

    public static StorageView? Apply(StorageView? row, Recorded happened) => (happened.Event, row) switch
    {
        (StorageCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true,
            e.Zone.Value, [.. e.Clusters.Select(c => c.Value)], e.Host?.Value, e.Driver, e.Path, e.Capacity, Bytes.Zero, 0, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (SpaceAllocated e, { } r) => r with { Used = r.Used + e.Size, VolumeCount = r.VolumeCount + 1 },
        (SpaceReleased e, { } r) => r with { Used = r.Used - e.Size, VolumeCount = r.VolumeCount - 1 },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
