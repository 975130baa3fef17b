using IaaS.Projections.Query.Language;

namespace IaaS.Query.Tests.Differential;

/// <summary>What a query should answer, and the comparison with what it does.</summary>
public static class Expected
{
    /// <summary>The cells of all rows, on all pages, in order; groups in any order.</summary>
    public static IReadOnlyList<IReadOnlyList<object?>> Rows(Brute brute, QuerySyntax query)
    {
        var rows = brute.Roots(query.Kind).Where(r => query.Where is null || brute.Holds(r, query.Where)).ToList();
        return query.GroupBy.Count > 0 || query.Return?.Any(r => r.Expression is AggregateSyntax a && !IsToMany(a)) is true ? Grouped(brute, query, rows) : Ordered(brute, query, rows);
    }

    /// <summary>Cells as text; lists in an order of their own.</summary>
    public static string Text(IReadOnlyList<object?> row) => string.Join(" | ", row.Select(Cell));

    private static IReadOnlyList<IReadOnlyList<object?>> Ordered(Brute brute, QuerySyntax query, List<Node> rows)
    {
        IOrderedEnumerable<Node> sorted = rows.Order(Comparer<Node>.Create((_, _) => 0));
        foreach (var order in query.OrderBy) sorted = sorted.ThenBy(r => Evaluate(brute, r, order.By), Comparer<object?>.Create((l, r) => NullsLast(l, r, order.Descending)));
        var down = query.OrderBy.Count > 0 && query.OrderBy[^1].Descending;
        sorted = sorted.ThenBy(r => r.Id, Comparer<string>.Create((l, r) => NullsLast(l, r, down)));
        var fields = query.Return is null ? Shown(query.Kind) : null;
        return [.. sorted.Select(r => (IReadOnlyList<object?>)(fields is not null ? [.. fields.Select(f => r[f] is { } v ? Brute.Plain(v) : null)] : query.Return!.Select(i => Evaluate(brute, r, i.Expression)).ToList()))];
    }

    /// <summary>The fields that a query without 'return' answers with, without lists of records.</summary>
    public static IReadOnlyList<string> Shown(string kind) => kind switch
    {
        "region" => ["id", "name", "tags"],
        "rack" => ["id", "name", "regionId", "height", "power"],
        "net" => ["id", "name", "description", "rackIds"],
        "owner" => ["id", "name"],
        "box" => ["id", "name", "description", "ownerId", "rackId", "state", "size", "weight", "slots", "alive", "bootedAt", "tags"],
        _ => ["id", "name", "ownerId", "boxId", "size"],
    };

    private static List<IReadOnlyList<object?>> Grouped(Brute brute, QuerySyntax query, List<Node> rows)
    {
        var groups = rows.GroupBy(r => Text([.. query.GroupBy.Select(g => brute.Value(r, g))]), StringComparer.Ordinal).Select(g => g.ToList()).ToList();
        if (query.GroupBy.Count == 0 && groups.Count == 0) groups.Add([]);
        return [.. groups.Select(g => (IReadOnlyList<object?>)query.Return!.Select(i => i.Expression switch
        {
            PathExpressionSyntax p => brute.Value(g[0], p.Path),
            AggregateSyntax { Path: null } => (long)g.Count,
            AggregateSyntax a => Brute.Aggregate(a.Function, g.Select(r => brute.Value(r, a.Path!))),
            _ => throw new NotSupportedException(),
        }).ToList())];
    }

    private static object? Evaluate(Brute brute, Node row, ExpressionSyntax expression) => expression switch
    {
        AggregateSyntax { Path.Segments: [var only] } a => Brute.Aggregate(a.Function, brute.Follow(row, [only]).Select(r => (object?)r.Id)),
        AggregateSyntax { Path: { } path } a => Brute.Aggregate(a.Function, Values(brute, row, path)),
        PathExpressionSyntax { Path: var path } when path.Segments.SkipLast(1).Any(s => IsMany(s.Name)) => Values(brute, row, path).Where(v => v is not null).ToList(),
        PathExpressionSyntax { Path: var path } => brute.Value(row, path),
        _ => throw new NotSupportedException(),
    };

    private static IEnumerable<object?> Values(Brute brute, Node row, PathSyntax path) =>
        brute.Follow(row, path.Segments.SkipLast(1)).Select(r => r[path.Segments[^1].Name] is { } v ? Brute.Plain(v) : null);

    private static bool IsToMany(AggregateSyntax aggregate) => aggregate.Path is { } path && path.Segments.Any(s => IsMany(s.Name));

    private static bool IsMany(string relation) => relation is "racks" or "boxes" or "nets" or "ports" or "disks";

    private static int NullsLast(object? left, object? right, bool descending) => (left, right) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        _ => descending ? Brute.Compare(right, left) : Brute.Compare(left, right),
    };

    private static string Cell(object? cell) => cell switch
    {
        null => "∅",
        string text => $"'{text}'",
        double number => Math.Round(number, 6).ToString(System.Globalization.CultureInfo.InvariantCulture),
        DateTimeOffset at => at.UtcDateTime.ToString("O"),
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Cell).Order(StringComparer.Ordinal))}]",
        IFormattable number => number.ToString(format: null, System.Globalization.CultureInfo.InvariantCulture),
        _ => cell.ToString()!,
    };
}
