using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;
using IaaS.Projections.Kernel;
using IaaS.Projections.Vm;
using IaaS.Projections.Zone;

namespace IaaS.Projections.Tests;

public sealed class TagTests
{
    /// <summary>Kinds whose rows are no resources: an operation, and what proves who an agent is.</summary>
    private static readonly string[] Untagged = ["agent", "op"];

    [Fact]
    public void Every_resource_shows_its_tags() => Assert.Equal(Untagged,
        ViewShape.FindAll(typeof(VmView).Assembly).Where(v => v.Find("tags") is not { Kind: FieldKind.TextList, IsNullable: false }).Select(v => v.Name));

    [Fact]
    public void Tags_of_a_row_are_in_ordinal_order_each_once() =>
        Assert.Equal(["B", "a", "ä"], Fold(new ResourceTagged("ä"), new ResourceTagged("a"), new ResourceTagged("B"), new ResourceTagged("a")).Tags);

    [Fact]
    public void A_tag_that_is_taken_off_is_gone() =>
        Assert.Equal(["b"], Fold(new ResourceTagged("a"), new ResourceTagged("b"), new ResourceUntagged("a"), new ResourceUntagged("c")).Tags);

    [Fact]
    public void Tags_that_do_not_change_stay_the_same_list()
    {
        var row = Fold(new ResourceTagged("a"));
        foreach (IEvent other in new IEvent[] { new ResourceTagged("a"), new ResourceUntagged("b"), new ResourceRenamed("n", Description: null), new ResourceDisabled() })
            Assert.Same(row.Tags, ZoneView.Apply(row, At(other))!.Tags);
    }

    private static ZoneView Fold(params IEvent[] events) =>
        events.Prepend(new ZoneCreated(new ZoneId("zone-1"), "z", Description: null)).Aggregate((ZoneView?)null, (row, e) => ZoneView.Apply(row, At(e)))!;

    private static Recorded At(IEvent happened) => new(happened, "zone-1", Version: 1, Position: 1, DateTimeOffset.UnixEpoch, new Origin("a", "", ""));
}
