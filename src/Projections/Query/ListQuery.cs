namespace IaaS.Projections.Query;

/// <summary>A list of one kind of resource, as a user asks for it.</summary>
public sealed record ListQuery
{
    public const int DefaultLimit = 50;

    public const int MaxLimit = 1_000;

    /// <summary>Fields by wire name and the value that each must equal, all of them. A null value asks for rows without one.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Filters { get; init; } = [];

    /// <summary>A field, or <c>-field</c> for the other direction. Rows without a value come last either way; ties are by id.</summary>
    public string Sort { get; init; } = "id";

    /// <summary>Rows of a page, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The cursor of the page before; null for the first page.</summary>
    public string? After { get; init; }

    /// <summary>Also counts the rows of all pages. Costs a scan of them.</summary>
    public bool WithTotal { get; init; }

    /// <summary>Only rows of this project, where the view has a project field; null for an operator, who sees all.</summary>
    public string? Project { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Next">What to ask for after; null on the last page.</param>
/// <param name="Total">The rows of all pages at the time; null unless asked for.</param>
public sealed record ListPage<TRow>(IReadOnlyList<TRow> Rows, string? Next, long? Total);
