using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Network;

/// <summary>One row per layer-2 network.</summary>
public sealed record L2View(
    string Id, string Name, string? Description, bool Enabled, string ZoneId, IReadOnlyList<string> ClusterIds, string Bridge, int? Vlan,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<L2View>
{
    public static ViewType Type { get; } = new("l2", Version: 2,
        [new("zone", "zone", "zoneId"), new("clusters", "cluster", "clusterIds")], ProjectField: null, "zoneId")
    { Plural = "l2Networks", AlsoIndexed = ["clusterIds"] };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "l2");

    public static L2View? Apply(L2View? row, Recorded happened) => (happened.Event, row) switch
    {
        (L2Created e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Zone.Value, [.. e.Clusters.Select(c => c.Value)], e.Bridge, e.Vlan, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
