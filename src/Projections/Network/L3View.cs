using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Network;

/// <summary>One row per layer-3 network.</summary>
public sealed record L3View(
    string Id, string Name, string? Description, bool Enabled, string L2Id, string Cidr, string? Gateway, IReadOnlyList<AddressRangeRow> Ranges, long TotalAddresses, long UsedAddresses,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<L3View>
{
    public static ViewType Type { get; } = new("l3", Version: 2, [new("l2", "l2", "l2Id")], ProjectField: null, "l2Id") { Plural = "l3Networks", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "l3");

    public static L3View? Apply(L3View? row, Recorded happened) => (happened.Event, row) switch
    {
        (L3Created e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.L2.Value, e.Cidr, e.Gateway, [], 0, 0, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (AddressRangeAdded e, { } r) => WithRanges(r, [.. r.Ranges, new(e.Range, e.First, e.Last)]) with { UpdatedAt = happened.At },
        (AddressRangeRemoved e, { } r) => WithRanges(r, [.. r.Ranges.Where(x => !string.Equals(x.Id, e.Range, StringComparison.Ordinal))]) with { UpdatedAt = happened.At },
        (AddressAllocated, { } r) => r with { UsedAddresses = r.UsedAddresses + 1 },
        (AddressReleased, { } r) => r with { UsedAddresses = r.UsedAddresses - 1 },
        (ResourceDeleted, _) => null,
        _ => row,
    };

    private static L3View WithRanges(L3View row, IReadOnlyList<AddressRangeRow> ranges) => row with
    {
        Ranges = ranges,
        TotalAddresses = ranges.Sum(r => IpV4.TryParse(r.First, out var first) && IpV4.TryParse(r.Last, out var last) ? (long)last.Value - first.Value + 1 : 0),
    };
}

/// <summary>Addresses that a network gives away, first and last included.</summary>
public sealed record AddressRangeRow(string Id, string First, string Last);
