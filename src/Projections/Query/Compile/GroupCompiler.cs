using System.Globalization;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;

namespace IaaS.Projections.Query.Compile;

/// <summary>Compiles a query for groups of rows: one answer row for each combination of values, with what is counted and summed over it.</summary>
internal sealed class GroupCompiler(CompileContext context, QueryKind kind, QuerySyntax query, int limit)
{
    private const string Row = "t";
    private const string Group = "g";

    private readonly List<(BoundExpression Bound, string Sql)> columns = [];
    private ToOneJoins joins = new(context, Row);

    public CompiledQuery? Compile(IReadOnlyList<(BoundExpression By, bool Descending)?> ordered)
    {
        joins = new(context, Row);
        foreach (var path in query.GroupBy) AddGroup(path);
        var groups = columns.Count;
        if (context.Refusal is not null) return null;
        var returned = query.Return?.ToList() ?? [.. query.GroupBy.Select(p => new ReturnSyntax(new PathExpressionSyntax(p), Alias: null, p.At)),
            new(new AggregateSyntax(AggregateFunction.Count, Path: null, query.At), Alias: null, query.At)];
        var cells = returned.Select(CellOf).ToList();
        var keyset = new Keyset([.. Keys(ordered, groups)]);
        if (context.Refusal is not null) return null;
        if (cells.GroupBy(c => c.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice) context.Refuse(Refusals.SameKey(twice.Key), returned[0].At);
        var order = $"{kind.Name}/{kind.View.Type.Version}/group/{keyset.Name}";
        List<string> conditions = [];
        if (context.Tenancy(kind, Row) is { } tenancy) conditions.Add(tenancy);
        if (query.Where is not null) conditions.Add(ConditionCompiler.Compile(context, kind, Row, query.Where));
        var by = groups == 0 ? "" : $" group by {string.Join(", ", Enumerable.Range(1, groups))}";
        var selected = string.Join(", ", columns.Select((c, i) => $"{c.Sql} as {Column(i)}"));
        var all = $"select {selected} from {context.Source(kind)} {Row}{joins.Sql}{QueryCompiler.Where(conditions)}{by}";
        var behind = "";
        if (query.After is { } after)
        {
            if (PageCursor.Decode(after.Text, order) is { } place && keyset.After(context, place) is { } condition) behind = $" where {condition}";
            else context.Refuse(Refusals.BadCursor, after.At);
        }

        var keys = string.Concat(keyset.Keys.Select((k, i) => $", {k.Sql} as {Key(i)}"));
        var sorted = keyset.Keys.Count == 0 ? "" : $" order by {keyset.OrderBy((k, _) => k.Sql)}";
        var rows = $"select true as \"#row\", {string.Join(", ", cells.Select((c, i) => string.Create(CultureInfo.InvariantCulture, $"{c.Sql} as \"#c{i}\"")))}{keys} "
            + $"from ({all}) {Group}{behind}{sorted} limit {QueryCompiler.Limit(limit)}";
        var total = query.WithTotal ? $"select count(*) from ({all}) {Group}" : null;
        var (sql, ofSome) = QueryCompiler.Frame(context, rows, total, keyset.Keys.Count == 0 ? "1" : keyset.OrderBy((_, i) => $"r.{Key(i)}"));
        return new(kind, sql, context, cells, keyset.Keys.Count, limit, order, query.WithTotal) { OfSome = ofSome };
    }

    private static string Key(int i) => string.Create(CultureInfo.InvariantCulture, $"\"#k{i}\"");

    private static string Column(int i) => string.Create(CultureInfo.InvariantCulture, $"\"#g{i}\"");

    private void AddGroup(PathSyntax syntax)
    {
        if (PathBinder.BindField(context, kind, syntax) is not { } path) return;
        if (path.IsToMany) context.Refuse(Refusals.ToMany(path.Text, "groups are made by one"), syntax.At);
        else if (!path.Field!.IsComparable) context.Refuse(Refusals.NotComparable(path.Field, "no groups are made by it"), syntax.At);
        else columns.Add((new(Function: null, path, syntax.At), $"{joins.At(path)}.{path.Field.Quoted}"));
    }

    private Cell CellOf(ReturnSyntax item) => item.Expression is not AllFieldsSyntax && BoundExpression.Bind(context, kind, item.Expression) is { } bound
        ? new(item.Alias ?? QueryPrinter.Print(item.Expression), $"{Group}.{Column(ColumnOf(bound))}")
        : new("", Refuse(item.At));

    private string Refuse(TextSpan at) => context.Refuse(Refusals.Aggregate("Beside groups and aggregates only what is grouped by can be returned."), at);

    /// <summary>The column of a group's value; adds one for an aggregate that is not there yet.</summary>
    private int ColumnOf(BoundExpression bound)
    {
        var at = columns.FindIndex(c => string.Equals(c.Bound.Text, bound.Text, StringComparison.Ordinal) && !HasFilter(bound) && !HasFilter(c.Bound));
        if (at >= 0) return at;
        if (!bound.IsOfGroup)
        {
            Refuse(bound.At);
            return 0;
        }

        var sql = bound.Path switch
        {
            null => "count(*)",
            { Field: { } field } path => bound.Aggregate($"{joins.At(path)}.{field.Quoted}"),
            var path => bound.Aggregate($"{joins.At(path)}.{path.Kind.Key[0]}"),
        };
        columns.Add((bound, sql));
        return columns.Count - 1;
    }

    private static bool HasFilter(BoundExpression bound) => bound.Path?.Hops.Any(h => h.Filter is not null) is true;

    private IEnumerable<SortKey> Keys(IReadOnlyList<(BoundExpression By, bool Descending)?> ordered, int groups)
    {
        HashSet<int> given = [];
        foreach (var (by, down) in ordered.OfType<(BoundExpression, bool)>())
        {
            var at = ColumnOf(by);
            if (context.Refusal is null && given.Add(at)) yield return KeyOf(at, down);
        }

        // The values that make the groups tell each from all others.
        for (var i = 0; i < groups; i++)
        {
            if (given.Add(i)) yield return KeyOf(i, descending: false);
        }
    }

    private SortKey KeyOf(int column, bool descending)
    {
        var bound = columns[column].Bound;
        var sql = $"{Group}.{Column(column)}";
        var (type, isSum) = bound.Type;
        return bound.Function is null or AggregateFunction.Min or AggregateFunction.Max
            ? SortKey.Of(bound.Path!.Field!, sql, nullable: true, descending, bound.Text)
            : SortKey.OfNumber(sql, nullable: bound.Function is AggregateFunction.Avg, descending, type, isSum, bound.Text);
    }
}
