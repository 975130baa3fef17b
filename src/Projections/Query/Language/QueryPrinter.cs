using System.Globalization;

namespace IaaS.Projections.Query.Language;

/// <summary>Writes a syntax tree as the text that is read as the same tree.</summary>
public static class QueryPrinter
{
    private static readonly Dictionary<ComparisonOperator, string> Operators = new()
    {
        [ComparisonOperator.Equal] = "=",
        [ComparisonOperator.NotEqual] = "!=",
        [ComparisonOperator.Less] = "<",
        [ComparisonOperator.LessOrEqual] = "<=",
        [ComparisonOperator.Greater] = ">",
        [ComparisonOperator.GreaterOrEqual] = ">=",
        [ComparisonOperator.In] = "in",
        [ComparisonOperator.NotIn] = "not in",
        [ComparisonOperator.Like] = "like",
        [ComparisonOperator.NotLike] = "not like",
        [ComparisonOperator.IsNull] = "is null",
        [ComparisonOperator.IsNotNull] = "is not null",
        [ComparisonOperator.Has] = "has",
        [ComparisonOperator.NotHas] = "not has",
    };

    public static string Print(QueryTextSyntax text) => string.Join(";\n", text.Queries.Select(Print));

    public static string Print(QuerySyntax query) => string.Join(' ', Clauses(query));

    public static string Print(ConditionSyntax condition) => condition switch
    {
        AndSyntax and => string.Join(" and ", and.Parts.Select(p => p is OrSyntax or AndSyntax ? $"({Print(p)})" : Print(p))),
        OrSyntax or => string.Join(" or ", or.Parts.Select(p => p is OrSyntax ? $"({Print(p)})" : Print(p))),
        NotSyntax not => not.Part is AndSyntax or OrSyntax ? $"not ({Print(not.Part)})" : $"not {Print(not.Part)}",
        ComparisonSyntax { Operator: ComparisonOperator.IsNull or ComparisonOperator.IsNotNull } c => $"{Print(c.Path)} {Operators[c.Operator]}",
        ComparisonSyntax { Operator: ComparisonOperator.In or ComparisonOperator.NotIn } c => $"{Print(c.Path)} {Operators[c.Operator]} ({Values(c)})",
        ComparisonSyntax { Values.Count: > 1 } c => $"{Print(c.Path)} {Operators[c.Operator]} ({Values(c)})",
        ComparisonSyntax c => $"{Print(c.Path)} {Operators[c.Operator]} {Values(c)}",
        InQuerySyntax q => $"{Print(q.Path)} {(q.Negated ? "not in" : "in")} ({Print(q.Query)})",
        ExistsSyntax { Path.Segments: [.., { Filter: not null }] } e => Print(e.Path),
        ExistsSyntax e => $"{Print(e.Path)}.exists",
        AllSyntax a => $"{Print(a.Path)} all [{Print(a.Condition)}]",
        MatchesSyntax m => $"{(m.Path is null ? "" : Print(m.Path) + " ")}matches {Print(m.Words)}",
        _ => throw new InvalidOperationException($"{condition.GetType().Name} is no condition."),
    };

    public static string Print(ExpressionSyntax expression) => expression switch
    {
        AllFieldsSyntax => "*",
        PathExpressionSyntax path => Print(path.Path),
        AggregateSyntax aggregate => $"{aggregate.Function.ToString().ToLowerInvariant()}({(aggregate.Path is null ? "*" : Print(aggregate.Path))})",
        _ => throw new InvalidOperationException($"{expression.GetType().Name} is no expression."),
    };

    public static string Print(PathSyntax path) => string.Join('.', path.Segments.Select((s, i) => $"{Name(s.Name, first: i == 0)}{(s.Filter is null ? "" : $"[{Print(s.Filter)}]")}"));

    private static IEnumerable<string> Clauses(QuerySyntax query)
    {
        yield return Name(query.Kind, first: false);
        if (query.Where is not null) yield return $"where {Print(query.Where)}";
        if (query.GroupBy.Count > 0) yield return $"group by {string.Join(", ", query.GroupBy.Select(Print))}";
        if (query.OrderBy.Count > 0) yield return $"order by {string.Join(", ", query.OrderBy.Select(o => $"{Print(o.By)}{(o.Descending ? " desc" : "")}"))}";
        if (query.Limit is not null) yield return string.Create(CultureInfo.InvariantCulture, $"limit {query.Limit.Value}");
        if (query.After is not null) yield return $"after {Print(query.After)}";
        if (query.WithTotal) yield return "with total";
        if (query.Return is not null) yield return $"return {string.Join(", ", query.Return.Select(r => $"{Print(r.Expression)}{(r.Alias is null ? "" : $" as {Alias(r.Alias)}")}"))}";
        if (query.AsOf is not null) yield return $"as of {Print(query.AsOf)}";
        if (query.Between is { } between) yield return $"between {Print(between.From)} and {Print(between.To)}";
        if (query.Name is not null) yield return $"named {Print(query.Name)}";
    }

    private static string Print(MomentSyntax moment) => moment.IsPosition ? $"position {moment.Text}" : Quote(moment.Text);

    private static string Values(ComparisonSyntax comparison) => string.Join(", ", comparison.Values.Select(Print));

    private static string Print(LiteralSyntax literal) => literal.Kind is LiteralKind.Quoted ? Quote(literal.Text) : literal.Text;

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Alias(string name) => string.Equals(name, "of", StringComparison.OrdinalIgnoreCase) ? $"\"{name}\"" : Name(name, first: false);

    /// <summary>A name, in double quotes where it would be read as something else: <c>"not"</c> at the beginning of a condition.</summary>
    private static string Name(string name, bool first) =>
        name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or ':') && name is [var start, ..] && (char.IsLetter(start) || start == '_')
        && !(first && (name.Equals("not", StringComparison.OrdinalIgnoreCase) || name.Equals("matches", StringComparison.OrdinalIgnoreCase)))
            ? name
            : $"\"{name}\"";
}
