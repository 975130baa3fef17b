using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Cluster;

/// <summary>One row per cluster.</summary>
public sealed record ClusterView(
    string Id, string Name, string? Description, bool Enabled, string ZoneId,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<ClusterView>
{
    public static ViewType Type { get; } = new("cluster", Version: 2, [new("zone", "zone", "zoneId")], ProjectField: null, "zoneId") { Plural = "clusters" };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "cluster");

    public static ClusterView? Apply(ClusterView? row, Recorded happened) => (happened.Event, row) switch
    {
        (ClusterCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Zone.Value, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
