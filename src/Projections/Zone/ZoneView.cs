using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Zone;

/// <summary>One row per zone.</summary>
public sealed record ZoneView(
    string Id, string Name, string? Description, bool Enabled,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<ZoneView>
{
    public static ViewType Type { get; } = new("zone", Version: 2, [], ProjectField: null) { Plural = "zones" };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "zone");

    public static ZoneView? Apply(ZoneView? row, Recorded happened) => (happened.Event, row) switch
    {
        (ZoneCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
