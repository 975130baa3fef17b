namespace IaaS.Projections.Query.Language;

/// <summary>Who asks. Rows of projects are seen by their project and by administrators, infrastructure by administrators.</summary>
/// <param name="Project">Null for an administrator.</param>
public sealed record QueryCaller(string? Project)
{
    public bool IsAdmin => Project is null;
}

/// <summary>The answer to one query.</summary>
/// <param name="Keys">The names of the cells of each row.</param>
/// <param name="Rows">
/// Text, ids, choices: string. Whole and Bytes: long; sums: decimal. Number and averages: double. Truth: bool. Instant: DateTimeOffset.
/// Values through to-many relations and text lists: lists of these, ordered. Documents and lists of related
/// rows: <see cref="JsonText"/>. A related row: <see cref="RelatedRow"/>, or the same as JSON where a query asks for very many. None: null.
/// </param>
/// <param name="Next">The cursor to go on after; null on the last page.</param>
/// <param name="Total">Rows of all pages; null unless asked for.</param>
/// <param name="Position">The position of the log that the answer is right for: every event up to it is in the answer, none after it.</param>
public sealed record QueryAnswer(
    string? Name, string Kind, IReadOnlyList<string> Keys, IReadOnlyList<IReadOnlyList<object?>> Rows, string? Next, long? Total, long Position)
{
    /// <summary>Whose rows the answer was made of.</summary>
    public IReadOnlyList<Kernel.ViewShape> Views { get; init; } = [];
}
