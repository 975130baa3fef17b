using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

public readonly record struct ShelfId(string Value) : IResourceId<ShelfId>
{
    public static string Kind => "shelf";
    public static ShelfId Of(string value) => new(value);
    public override string ToString() => Value;
}

public enum GadgetPhase { Building, Ready, Broken }

public sealed record GadgetSpec(int Cogs, IReadOnlyList<string> Colours, string? Note);

[EventName("gadget.made/1")]
public sealed record GadgetMade(
    string Project, string Name, int? Rank, Bytes Size, double? Weight, ShelfId? Shelf, IReadOnlyList<string> Tags, GadgetSpec? Spec) : IEvent;

[EventName("gadget.moved/1")]
public sealed record GadgetMoved(ShelfId? Shelf, int? Rank, GadgetPhase Phase) : IEvent;

[EventName("gadget.scrapped/1")]
public sealed record GadgetScrapped : IEvent;

/// <summary>The shelf's view cannot take it.</summary>
[EventName("gadget.cursed/1")]
public sealed record GadgetCursed(ShelfId Shelf) : IEvent;

public sealed record GadgetView(
    string Id, string Project, string Name, GadgetPhase Phase, int? Rank, Bytes Size, double? Weight, bool IsShelved, ShelfId? Shelf,
    DateTimeOffset MadeAt, DateTimeOffset? MovedAt, IReadOnlyList<string> Tags, GadgetSpec? Spec) : IView<GadgetView>
{
    /// <summary>How often it was touched: shows an event that was applied twice or not at all.</summary>
    public long Touched { get; init; }

    public IReadOnlyList<GadgetPart> Parts { get; init; } = [];

    public static ViewType Type { get; } = new("gadget", 1, [new("shelf", "shelf", "shelf")], ProjectField: "project", "phase", "rank", "tags", "parts.label")
    { Plural = "gadgets", AlsoIndexed = ["madeAt,name"], SparselyIndexed = ["movedAt"] };

    public static string? RowOf(Recorded happened) => happened.Stream.StartsWith("gadget-", StringComparison.Ordinal) ? happened.Stream : null;

    public static GadgetView? Apply(GadgetView? row, Recorded happened) => (happened.Event, row) switch
    {
        (GadgetMade e, null) => new(happened.Stream, e.Project, e.Name, GadgetPhase.Building, e.Rank, e.Size, e.Weight, e.Shelf is not null, e.Shelf,
            happened.At, MovedAt: null, e.Tags, e.Spec)
        { Touched = 1 },
        (GadgetMoved e, { } g) => g with
        {
            Shelf = e.Shelf,
            IsShelved = e.Shelf is not null,
            Rank = e.Rank,
            Phase = e.Phase,
            Parts = e.Rank is > 0 and var parts ? [.. Enumerable.Range(0, parts).Select(i => new GadgetPart($"{g.Name}-{i}", e.Shelf?.Value, i))] : g.Parts,
            MovedAt = happened.At,
            Touched = g.Touched + 1,
        },
        (GadgetScrapped, _) => null,
        _ => row,
    };
}

public sealed record GadgetPart(string Label, string? ShelfId, long Weight);

public sealed record ShelfView(string Id, int Arrivals) : IView<ShelfView>
{
    public static ViewType Type { get; } = new("shelf", 1, []) { Plural = "shelves" };

    public static string? RowOf(Recorded happened) => happened.Event switch
    {
        GadgetMade { Shelf: { } shelf } => shelf.Value,
        GadgetMoved { Shelf: { } shelf } => shelf.Value,
        GadgetCursed e => e.Shelf.Value,
        _ => null,
    };

    public static ShelfView? Apply(ShelfView? row, Recorded happened) => happened.Event is GadgetCursed
        ? throw new InvalidOperationException("A curse.")
        : new(RowOf(happened)!, (row?.Arrivals ?? 0) + 1);
}
