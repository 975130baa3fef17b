namespace IaaS.Projections.Query;

/// <summary>What one query may cost. Each bound names itself in the error of whoever meets it.</summary>
public sealed record QueryLimits
{
    /// <summary>Relations in one path.</summary>
    public int Depth { get; init; } = 8;

    /// <summary>Conditions in one query, those of its sub-queries included.</summary>
    public int Conditions { get; init; } = 200;

    /// <summary>Rows of a page.</summary>
    public int Rows { get; init; } = 1_000;

    /// <summary>Rows of a page that says nothing of it.</summary>
    public int DefaultRows { get; init; } = 50;

    /// <summary>How long the database works on one statement; then it is cancelled there too.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(5);
}
