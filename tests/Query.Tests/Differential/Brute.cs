using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;

namespace IaaS.Query.Tests.Differential;

/// <summary>A row, or an element of a list in one.</summary>
public sealed record Node(string Kind, object Record, string Id, Node? Owner = null)
{
    public object? this[string field] => Record.GetType().GetProperty(char.ToUpperInvariant(field[0]) + field[1..])!.GetValue(Record);
}

/// <summary>
/// Answers queries by looking at every row: the definition of the language, written apart from the compiler. It reads the declarations
/// of the views and nothing else.
/// </summary>
public sealed class Brute(IReadOnlyList<ViewShape> shapes, IReadOnlyDictionary<string, IReadOnlyList<object>> rows, string? project)
{
    private static readonly (string Unit, long Factor)[] Units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40)];

    public IEnumerable<Node> Roots(string kind) => rows[kind].Select(r => new Node(kind, r, (string)r.GetType().GetProperty("Id")!.GetValue(r)!)).Where(MaySee);

    public bool Holds(Node row, ConditionSyntax condition) => condition switch
    {
        AndSyntax and => and.Parts.All(p => Holds(row, p)),
        OrSyntax or => or.Parts.Any(p => Holds(row, p)),
        NotSyntax not => !Holds(row, not.Part),
        ComparisonSyntax c => Follow(row, c.Path.Segments.SkipLast(1)).Any(r => Compares(r[c.Path.Segments[^1].Name], c)),
        InQuerySyntax q => Follow(row, q.Path.Segments.SkipLast(1)).Any(r => Among(r[q.Path.Segments[^1].Name], q.Query) != q.Negated),
        ExistsSyntax e => Follow(row, e.Path.Segments).Any(),
        AllSyntax a => Follow(row, a.Path.Segments).All(r => Holds(r, a.Condition)),
        MatchesSyntax m => Follow(row, m.Path?.Segments ?? []).Any(r => Matches(r, m.Words.Text)),
        _ => throw new NotSupportedException(condition.ToString()),
    };

    /// <summary>The rows at the end of some relations, in any order.</summary>
    public IEnumerable<Node> Follow(Node row, IEnumerable<SegmentSyntax> segments)
    {
        IEnumerable<Node> at = [row];
        foreach (var segment in segments) at = at.SelectMany(r => Related(r, segment.Name)).Where(r => segment.Filter is null || Holds(r, segment.Filter)).ToList();
        return at;
    }

    public object? Value(Node row, PathSyntax path) => Follow(row, path.Segments.SkipLast(1)).FirstOrDefault()?[path.Segments[^1].Name] is { } value ? Plain(value) : null;

    public static object? Aggregate(AggregateFunction function, IEnumerable<object?> values)
    {
        var known = values.Where(v => v is not null).Select(v => Plain(v!)).ToList();
        return function switch
        {
            AggregateFunction.Count => (long)known.Count,
            AggregateFunction.Sum when known.OfType<double>().Any() => known.Sum(v => (double)v!),
            AggregateFunction.Sum => known.Sum(v => (decimal)(long)v!),
            AggregateFunction.Avg => known.Count == 0 ? null : known.Average(v => Convert.ToDouble(v, CultureInfo.InvariantCulture)),
            AggregateFunction.Min => known.Order(Comparer<object>.Create(Compare!)).FirstOrDefault(),
            AggregateFunction.Max => known.OrderDescending(Comparer<object>.Create(Compare!)).FirstOrDefault(),
            _ => throw new NotSupportedException(),
        };
    }

    /// <summary>By code points for text; rows without a value last, whatever the direction.</summary>
    public static int Compare(object left, object right) => (left, right) switch
    {
        (string l, string r) => Encoding.UTF8.GetBytes(l).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(r)),
        _ => Comparer.DefaultInvariant.Compare(left, right),
    };

    /// <summary>As answers have it.</summary>
    public static object Plain(object value) => value switch
    {
        int number => (long)number,
        Bytes bytes => bytes.Value,
        Enum choice => choice.ToString(),
        _ => value,
    };

    private bool MaySee(Node row)
    {
        if (project is null) return true;
        var shape = shapes.Single(s => s.Name == row.Kind.Split('.')[0]);
        if (shape.Type.Access is not ViewAccess.Everyone) return false;
        var owned = row.Owner ?? row;
        return shape.Type.ProjectField is not { } field || (string?)owned[field] == project;
    }

    private IEnumerable<Node> Related(Node row, string relation)
    {
        // From an element to the row that has it.
        if (row.Owner is { } owner && owner.Kind == relation) return MaySee(owner) ? [owner] : [];
        if (row.Owner is null && row[relation.Length > 0 && HasList(row, relation) ? relation : "id"] is IEnumerable list and not string) return Elements(row, relation, list).Where(MaySee);
        foreach (var shape in shapes)
        {
            foreach (var declared in shape.Type.Relations)
            {
                var dotted = declared.LocalField.Split('.');
                var source = dotted.Length == 1 ? shape.Name : $"{shape.Name}.{dotted[0]}";
                if (source == row.Kind && declared.Name.Split('.')[^1] == relation)
                {
                    var ids = row[dotted[^1]] switch { null => [], string id => [id], IEnumerable many => many.Cast<string>(), var other => throw new NotSupportedException($"{other}") };
                    return Roots(declared.Target).Where(t => ids.Contains(t.Id));
                }

                if (declared.Target == row.Kind && (declared.Inverse ?? shape.Type.Plural) == relation)
                {
                    var sources = dotted.Length == 1 ? Roots(shape.Name) : Roots(shape.Name).SelectMany(o => Elements(o, dotted[0], (IEnumerable)o[dotted[0]]!));
                    return sources.Where(MaySee).Where(s => s[dotted[^1]] switch { null => false, string id => id == row.Id, IEnumerable many => many.Cast<string>().Contains(row.Id), _ => false });
                }
            }
        }

        throw new InvalidOperationException($"{row.Kind} has no relation {relation}.");
    }

    private static bool HasList(Node row, string name) => row.Record.GetType().GetProperty(char.ToUpperInvariant(name[0]) + name[1..])?.PropertyType is { IsGenericType: true } type
        && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) && type.GenericTypeArguments[0] != typeof(string);

    private static IEnumerable<Node> Elements(Node owner, string name, IEnumerable list) => list.Cast<object>().Select((e, i) => new Node($"{owner.Kind}.{name}", e, $"{owner.Id}/{i}", owner));

    private static bool Compares(object? value, ComparisonSyntax c)
    {
        var values = c.Values.Select(v => v.Text).ToList();
        return c.Operator switch
        {
            ComparisonOperator.IsNull => value is null,
            ComparisonOperator.IsNotNull => value is not null,
            ComparisonOperator.Equal or ComparisonOperator.In => value is not null && values.Any(v => Compare(Plain(value), Parse(value, v)) == 0),
            ComparisonOperator.NotEqual or ComparisonOperator.NotIn => value is null || values.All(v => Compare(Plain(value), Parse(value, v)) != 0),
            ComparisonOperator.Less => value is not null && Compare(Plain(value), Parse(value, values[0])) < 0,
            ComparisonOperator.LessOrEqual => value is not null && Compare(Plain(value), Parse(value, values[0])) <= 0,
            ComparisonOperator.Greater => value is not null && Compare(Plain(value), Parse(value, values[0])) > 0,
            ComparisonOperator.GreaterOrEqual => value is not null && Compare(Plain(value), Parse(value, values[0])) >= 0,
            ComparisonOperator.Like => value is not null && Like((string)Plain(value), values[0]),
            ComparisonOperator.NotLike => value is null || !Like((string)Plain(value), values[0]),
            ComparisonOperator.Has => values.All(v => ((IEnumerable<string>)value!).Any(t => Like(t, v))),
            ComparisonOperator.NotHas => !values.All(v => ((IEnumerable<string>)value!).Any(t => Like(t, v))),
            _ => throw new NotSupportedException(),
        };
    }

    private static object Parse(object like, string text) => Plain(like) switch
    {
        string => text,
        bool => bool.Parse(text),
        double => double.Parse(text, CultureInfo.InvariantCulture),
        DateTimeOffset => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        _ when Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.Ordinal)) is { Unit: { } unit } u => (long)(decimal.Parse(text[..^unit.Length], CultureInfo.InvariantCulture) * u.Factor),
        _ => long.Parse(text, CultureInfo.InvariantCulture),
    };

    private static bool Like(string text, string pattern)
    {
        var regex = new StringBuilder("\\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            regex.Append(pattern[i] switch
            {
                '%' => ".*",
                '_' => "(?:[\ud800-\udbff][\udc00-\udfff]|.)",
                '\\' => Regex.Escape($"{pattern[++i]}"),
                var c => Regex.Escape($"{c}"),
            });
        }

        return Regex.IsMatch(text, $"{regex}\\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    private bool Among(object? value, QuerySyntax query)
    {
        if (value is null) return false;
        var path = ((PathExpressionSyntax)query.Return![0].Expression).Path;
        return Roots(query.Kind).Where(r => query.Where is null || Holds(r, query.Where)).Select(r => Value(r, path)).Any(v => v is not null && Compare(Plain(value), v) == 0);
    }

    private static bool Matches(Node row, string words)
    {
        IEnumerable<string> Words(string? text) => Regex.Matches((text ?? "").ToLowerInvariant(), @"[\p{L}\p{Nd}]+", RegexOptions.NonBacktracking).Select(m => m.Value);
        var known = ((string[])["name", "description", "tags"]).Select(f => row.Record.GetType().GetProperty(char.ToUpperInvariant(f[0]) + f[1..])?.GetValue(row.Record))
            .SelectMany(v => v switch { null => [], string text => Words(text), IEnumerable<string> list => list.SelectMany(Words), _ => [] }).ToList();
        return Words(words).All(w => known.Any(k => k.StartsWith(w, StringComparison.Ordinal)));
    }
}
