using IaaS.Domain.Kernel;
using IaaS.Domain.Offering;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Offering;

/// <summary>One row per instance offering. Memory in bytes.</summary>
public sealed record OfferingView(
    string Id, string Name, string? Description, bool Enabled, int Cpus, Bytes Memory,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<OfferingView>
{
    public static ViewType Type { get; } = new("offering", Version: 2, [], ProjectField: null) { Plural = "offerings", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "offering");

    public static OfferingView? Apply(OfferingView? row, Recorded happened) => (happened.Event, row) switch
    {
        (OfferingCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Cpus, e.Memory, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
