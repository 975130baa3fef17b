using System.Text.RegularExpressions;

namespace IaaS.Projections.Query.Language;

/// <summary>
/// Reads one condition of a URL. Where an operator follows a path without a space, and is followed by none, the condition is compact:
/// everything behind the operator is the value, so that a program can put any value there: <c>name=a or b</c>. Otherwise it is a
/// condition as after <c>where</c>.
/// </summary>
public static partial class ConditionParser
{
    private static readonly Dictionary<string, ComparisonOperator> Operators = new(StringComparer.Ordinal)
    {
        ["="] = ComparisonOperator.Equal,
        ["!="] = ComparisonOperator.NotEqual,
        ["<"] = ComparisonOperator.Less,
        ["<="] = ComparisonOperator.LessOrEqual,
        [">"] = ComparisonOperator.Greater,
        [">="] = ComparisonOperator.GreaterOrEqual,
        ["?="] = ComparisonOperator.In,
        ["!?="] = ComparisonOperator.NotIn,
        ["~="] = ComparisonOperator.Like,
        ["!~="] = ComparisonOperator.NotLike,
    };

    /// <summary>The condition, or <c>query.syntax</c>.</summary>
    public static Answer<ConditionSyntax> Parse(string text)
    {
        if (text.Length > QueryParser.MaxLength || Compact().Match(text) is not { Success: true } compact) return QueryParser.ParseCondition(text);
        var (path, sign, value) = (compact.Groups["path"].Value, Operators[compact.Groups["sign"].Value], compact.Groups["value"]);
        var at = new TextSpan(value.Index, value.Length);
        var whole = new TextSpan(0, text.Length);
        var segments = Path(path);
        if (value.Value == "null" && sign is ComparisonOperator.Equal or ComparisonOperator.NotEqual)
        {
            return new ComparisonSyntax(segments, sign is ComparisonOperator.Equal ? ComparisonOperator.IsNull : ComparisonOperator.IsNotNull, [], whole);
        }

        if (sign is not (ComparisonOperator.In or ComparisonOperator.NotIn))
        {
            return Item().Match(value.Value) is { Success: true } item && item.Length == value.Length
                ? new ComparisonSyntax(segments, sign, [Literal(item.Value, at)], whole)
                : new ComparisonSyntax(segments, sign, [new(value.Value, LiteralKind.Quoted, at)], whole);
        }

        List<LiteralSyntax> items = [];
        for (var start = 0; start <= value.Length;)
        {
            if (Item().Match(value.Value, start) is not { Success: true } item || item.Index != start || (item.Index + item.Length < value.Length && value.Value[item.Index + item.Length] != ','))
            {
                return QueryParser.Refused(new(1, value.Index + start + 1, new(value.Index + start, 0), "Items of a list are separated by commas; an item with a comma or a quote in it is put in single quotes, 'it''s'.", []));
            }

            items.Add(Literal(item.Value, new(value.Index + start, item.Length)));
            start = item.Index + item.Length + 1;
        }

        return new ComparisonSyntax(segments, sign, items, whole);
    }

    private static PathSyntax Path(string path)
    {
        List<SegmentSyntax> segments = [];
        var at = 0;
        foreach (var name in path.Split('.'))
        {
            segments.Add(new(name, Filter: null, new(at, name.Length)));
            at += name.Length + 1;
        }

        return new(segments);
    }

    private static LiteralSyntax Literal(string text, TextSpan at) =>
        new(text is ['\'', .., '\''] && text.Length > 1 ? text[1..^1].Replace("''", "'", StringComparison.Ordinal) : text, LiteralKind.Quoted, at);

    [GeneratedRegex(@"\A(?<path>[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*)(?<sign>!~=|!\?=|~=|\?=|!=|<=|>=|=|<|>)(?<value>([^\s=].*)?)\z", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Compact();

    /// <summary>A quoted text, or a run without comma and quote.</summary>
    [GeneratedRegex(@"'([^']|'')*'|[^,']*", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Item();
}
