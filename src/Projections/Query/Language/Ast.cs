namespace IaaS.Projections.Query.Language;

/// <summary>A place in the text of a query: offset and length in UTF-16 units. Length 0 where something is missing.</summary>
public readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public TextSpan To(TextSpan last) => new(Start, last.End - Start);
}

/// <summary>
/// One question, as it was written: names are not yet looked up, values not yet typed. <c>vm where … order by … limit … return …</c>.
/// What each part means is in docs/query.md.
/// </summary>
public sealed record QuerySyntax(string Kind, TextSpan At)
{
    /// <summary>What a row must fulfil; null takes all.</summary>
    public ConditionSyntax? Where { get; init; }

    /// <summary>Fields of the row, or of what it stands in a to-one relation with. One answer row for each combination of values.</summary>
    public IReadOnlyList<PathSyntax> GroupBy { get; init; } = [];

    public IReadOnlyList<OrderSyntax> OrderBy { get; init; } = [];

    /// <summary>What to answer with; null is every field of the row.</summary>
    public IReadOnlyList<ReturnSyntax>? Return { get; init; }

    /// <summary>Rows of a page; null takes the default.</summary>
    public NumberSyntax? Limit { get; init; }

    /// <summary>The cursor of the page before.</summary>
    public LiteralSyntax? After { get; init; }

    /// <summary>Also counts the rows of all pages: <c>with total</c>.</summary>
    public bool WithTotal { get; init; }

    /// <summary><c>as of '2026-11-20T02:00Z'</c> or <c>as of position 12345</c>: the answer that was right then.</summary>
    public MomentSyntax? AsOf { get; init; }

    /// <summary><c>between … and …</c>: not the rows but what happened to them, after the first moment, up to the second.</summary>
    public (MomentSyntax From, MomentSyntax To)? Between { get; init; }

    /// <summary><c>named 'x'</c>: what this answer is called among several.</summary>
    public LiteralSyntax? Name { get; init; }
}

/// <summary>A time, or a position of the log.</summary>
public sealed record MomentSyntax(string Text, bool IsPosition, TextSpan At);

public sealed record NumberSyntax(int Value, TextSpan At);

public sealed record OrderSyntax(ExpressionSyntax By, bool Descending);

/// <param name="Alias">The key in the answer; null is the expression as written, <c>host.name</c> or <c>count(volumes)</c>.</param>
public sealed record ReturnSyntax(ExpressionSyntax Expression, string? Alias, TextSpan At);

/// <summary>What has a value for each row, or for each group of rows.</summary>
public abstract record ExpressionSyntax(TextSpan At);

/// <summary><c>*</c>: every field of the row.</summary>
public sealed record AllFieldsSyntax(TextSpan At) : ExpressionSyntax(At);

public sealed record PathExpressionSyntax(PathSyntax Path) : ExpressionSyntax(Path.At);

/// <summary>
/// <c>count(*)</c> counts rows, so it makes groups, as every aggregate does whose path has no to-many relation in it.
/// <c>count(volumes)</c> and <c>sum(volumes.size)</c> go through one, and have a value for each row.
/// </summary>
/// <param name="Path">Null for <c>count(*)</c>.</param>
public sealed record AggregateSyntax(AggregateFunction Function, PathSyntax? Path, TextSpan At) : ExpressionSyntax(At);

public enum AggregateFunction { Count, Sum, Min, Max, Avg }

/// <summary><c>host.cluster.name</c>, <c>volumes[size &gt; 4GiB].snapshots</c>: relations, and a field or a relation at the end.</summary>
public sealed record PathSyntax(IReadOnlyList<SegmentSyntax> Segments)
{
    public TextSpan At => Segments[0].At.To(Segments[^1].At);
}

/// <param name="Filter">What the related row must fulfil, all of it the same row: <c>nics[address = '10.0.0.5' and l3.name = 'dmz']</c>.</param>
public sealed record SegmentSyntax(string Name, ConditionSyntax? Filter, TextSpan At);

/// <summary>
/// True or false for a row, never unknown: a comparison with a field that has no value is false, and its negation true.
/// </summary>
public abstract record ConditionSyntax(TextSpan At);

/// <summary>Two or more.</summary>
public sealed record AndSyntax(IReadOnlyList<ConditionSyntax> Parts, TextSpan At) : ConditionSyntax(At);

/// <summary>Two or more.</summary>
public sealed record OrSyntax(IReadOnlyList<ConditionSyntax> Parts, TextSpan At) : ConditionSyntax(At);

public sealed record NotSyntax(ConditionSyntax Part, TextSpan At) : ConditionSyntax(At);

/// <summary>
/// <c>path operator values</c>. Through relations it asks for at least one related row whose field fulfils it; the negated operators
/// ask for a related row whose field does not. <c>not (nics.address = x)</c> asks for none.
/// </summary>
/// <param name="Values">One, or any number for <see cref="ComparisonOperator.In"/> and Has; none for IsNull.</param>
public sealed record ComparisonSyntax(PathSyntax Path, ComparisonOperator Operator, IReadOnlyList<LiteralSyntax> Values, TextSpan At) : ConditionSyntax(At);

/// <summary><c>path in (query)</c>: the query returns one field.</summary>
public sealed record InQuerySyntax(PathSyntax Path, bool Negated, QuerySyntax Query, TextSpan At) : ConditionSyntax(At);

/// <summary><c>volumes.exists</c>, <c>nics[…]</c>: at the path's end is a relation, and at least one row.</summary>
public sealed record ExistsSyntax(PathSyntax Path, TextSpan At) : ConditionSyntax(At);

/// <summary><c>nics all [l3.name = 'dmz']</c>: every row at the path's end fulfils it; true where there is none.</summary>
public sealed record AllSyntax(PathSyntax Path, ConditionSyntax Condition, TextSpan At) : ConditionSyntax(At);

/// <summary><c>matches 'web prod'</c>, <c>host matches 'rack7'</c>: every word begins a word of name, description or tags.</summary>
/// <param name="Path">A relation; null is the row itself.</param>
public sealed record MatchesSyntax(PathSyntax? Path, LiteralSyntax Words, TextSpan At) : ConditionSyntax(At);

/// <summary>
/// Like: <c>%</c> is any run of characters, <c>_</c> one, <c>\</c> takes the next one literally; case matters.
/// Has is for lists: for each value the list has an element like it.
/// </summary>
public enum ComparisonOperator
{
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, In, NotIn, Like, NotLike, IsNull, IsNotNull, Has, NotHas,
}

/// <summary>A value as written, without its quotes.</summary>
public sealed record LiteralSyntax(string Text, LiteralKind Kind, TextSpan At);

/// <summary>Quoted: <c>'it''s'</c>. Word: <c>Running</c>, <c>true</c>. Number: <c>42</c>, <c>-1.5</c>, <c>4GiB</c>.</summary>
public enum LiteralKind { Quoted, Word, Number }

/// <summary>Several named queries in one text, separated by <c>;</c>.</summary>
public sealed record QueryTextSyntax(IReadOnlyList<QuerySyntax> Queries);

/// <summary>Why a text is no query.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
/// <param name="Expected">What could stand there, in the words of the grammar.</param>
public sealed record SyntaxError(int Line, int Column, TextSpan At, string Message, IReadOnlyList<string> Expected);
