using CsCheck;
using IaaS.Domain.Kernel;

namespace IaaS.Projections.Tests;

/// <summary>Random histories: few gadgets and shelves, so that rows are made, changed, removed and made again.</summary>
public static class Generated
{
    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<string> Text = AnyOf("", "a", "A", "ä", "b\"c", "d\\e", "{f,g}", "NULL", "é\n", "z-9", "😀");

    private static readonly Gen<ShelfId?> Shelf = Gen.Int[0, 4].Select(i => i == 0 ? (ShelfId?)null : new ShelfId($"shelf-{i}"));

    private static readonly Gen<int?> Rank = Gen.Int[-3, 3].Select(i => i == 0 ? (int?)null : i);

    private static readonly Gen<IEvent> Made =
        from project in AnyOf("project-a", "project-b")
        from name in Text
        from rank in Rank
        from size in Gen.Long[0, 5]
        from weight in Gen.Int[-2, 2]
        from shelf in Shelf
        from tags in Text.List[0, 3]
        from cogs in Gen.Int[-1, 3]
        select (IEvent)new GadgetMade(project, name, rank, new Bytes(size), weight == 0 ? null : weight / 3.0, shelf, tags,
            cogs < 0 ? null : new GadgetSpec(cogs, tags, name));

    private static readonly Gen<IEvent> Moved =
        from shelf in Shelf
        from rank in Rank
        from phase in AnyOf(GadgetPhase.Building, GadgetPhase.Ready, GadgetPhase.Broken)
        select (IEvent)new GadgetMoved(shelf, rank, phase);

    public static Gen<List<List<(string Stream, IEvent Event)>>> Commits(int gadgets, int commits) =>
        Gen.Select(Gen.Int[1, gadgets].Select(i => $"gadget-{i}"), Gen.Frequency((5, Made), (5, Moved), (1, Gen.Const<IEvent>(new GadgetScrapped()))))
            .Select(p => (p.Item1, p.Item2)).List[1, 6].List[1, commits];
}
