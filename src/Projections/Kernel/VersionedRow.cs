namespace IaaS.Projections.Kernel;

/// <summary>A row and the position of the event that made it what it is.</summary>
internal sealed record VersionedRow<TView>(TView Row, long From) where TView : class, IView<TView>;

/// <summary>What a batch does to one row.</summary>
internal sealed class RowSlot<TView>(string id) where TView : class, IView<TView>
{
    public string Id { get; } = id;

    /// <summary>As the table has it.</summary>
    public VersionedRow<TView>? Before { get; private set; }

    public VersionedRow<TView>? After { get; private set; }

    /// <summary>Versions that ended within the batch and are to be kept, each with the position of its end.</summary>
    public List<(VersionedRow<TView> Version, long Until)> Ended { get; } = [];

    /// <summary>What happened to the lists of the row, by the index of the list.</summary>
    public List<ListChange> Lists { get; } = [];

    public void Load(VersionedRow<TView>? row) => Before = After = row;

    /// <summary>Takes up what an event made of the row; keeps what it ended where a boundary lies in it.</summary>
    public void Apply(TView? row, long position, ViewShape<TView> shape)
    {
        var before = After;
        if (row is null ? before is null : row.Equals(before?.Row)) return;
        if (before is not null && ViewHistory.IsKept(before.From, position)) Ended.Add((before, position));
        After = row is null ? null : new(row, position);
        for (var i = 0; i < shape.Elements.Count; i++)
        {
            var list = shape.Elements[i].List.Property;
            var (was, now) = (before is null ? null : list.GetValue(before.Row), row is null ? null : list.GetValue(row));
            if (ElementShape.Differ(was, now)) Lists.Add(new(i, before?.Row, row, position));
        }
    }

    /// <summary>A list of the row became another.</summary>
    /// <param name="List">Its index in <see cref="ViewShape.Elements"/>.</param>
    internal sealed record ListChange(int List, TView? Was, TView? Now, long At);
}
