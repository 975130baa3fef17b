using System.Globalization;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;

namespace IaaS.Projections.Query.Compile;

/// <summary>
/// Compiles a query for rows: the page is found first, by conditions and order alone; what is returned of related rows is looked up
/// for the rows of the page only.
/// </summary>
internal sealed class PageCompiler(CompileContext context, QueryKind kind, QuerySyntax query, int limit)
{
    private const string Row = "t";
    private const string Page = "p";
    private const string PageName = "\"#page\"";

    /// <summary>The database takes 1,664, with those that rows are ordered by. Past it related rows come as JSON.</summary>
    private const int MostColumns = 1_600;

    private int columns = (query.Return?.Count ?? 0) + kind.View.Fields.Count;

    public CompiledQuery? Compile(IReadOnlyList<(BoundExpression By, bool Descending)?> ordered)
    {
        var sorting = new ToOneJoins(context, Row);
        var sums = new ToManyJoins(context, () => context.Source(kind), Row);
        var keyset = new Keyset([.. Keys(ordered, sorting, sums)]);
        var order = $"{kind.Name}/{kind.View.Type.Version}/{keyset.Name}";
        List<string> conditions = [];
        if (context.Tenancy(kind, Row) is { } tenancy) conditions.Add(tenancy);
        if (query.Where is not null) conditions.Add(ConditionCompiler.Compile(context, kind, Row, query.Where));
        var source = $"{context.Source(kind)} {Row}";
        var total = query.WithTotal ? $"select count(*) from {source}{QueryCompiler.Where(conditions)}" : null;
        if (query.After is { } after)
        {
            if (PageCursor.Decode(after.Text, order) is { } place && keyset.After(context, place) is { } behind) conditions.Add(behind);
            else context.Refuse(Refusals.BadCursor, after.At);
        }

        var keys = string.Concat(keyset.Keys.Select((k, i) => $", {k.Sql} as {Key(i)}"));
        var page = $"select {Row}.*{keys} from {source}{sorting.Sql}{sums.Sql}{QueryCompiler.Where(conditions)} order by {keyset.OrderBy((k, _) => k.Sql)} limit {QueryCompiler.Limit(limit)}";
        var returning = new ToOneJoins(context, Page);
        var related = new ToManyJoins(context, () => PageName, Page);
        var cells = Returned(returning, related);
        if (context.Refusal is not null) return null;
        var selected = string.Concat(cells.SelectMany(c => c.Columns).Select((c, i) => string.Create(CultureInfo.InvariantCulture, $", {c} as \"#c{i}\"")));
        // Where related rows are computed for all of the page at once, the page is found once and read twice.
        var (with, from) = related.Sql.Length == 0 ? ("", $"({page})") : ($"with {PageName} as materialized ({page}) ", PageName);
        var rows = $"{with}select true as \"#row\"{selected}{string.Concat(keyset.Keys.Select((_, i) => $", {Page}.{Key(i)}"))} from {from} {Page}{returning.Sql}{related.Sql}";
        var (sql, ofSome) = QueryCompiler.Frame(context, rows, total, keyset.OrderBy((_, i) => $"r.{Key(i)}"));
        return new(kind, sql, context, cells, keyset.Keys.Count, limit, order, query.WithTotal) { OfSome = ofSome };
    }

    private static string Key(int i) => string.Create(CultureInfo.InvariantCulture, $"\"#k{i}\"");

    private IEnumerable<SortKey> Keys(IReadOnlyList<(BoundExpression By, bool Descending)?> ordered, ToOneJoins joins, ToManyJoins sums)
    {
        var unique = false;
        var descending = false;
        foreach (var (by, down) in ordered.OfType<(BoundExpression, bool)>())
        {
            if (KeyOf(by, down, joins, sums) is not { } key)
            {
                context.Refuse(by.Path?.Field is { IsComparable: false } list ? Refusals.NotComparable(list, "rows are not ordered by it") : Refusals.ToMany(by.Text, "rows are ordered by one"), by.At);
                yield break;
            }

            descending = down;
            unique |= by is { Function: null, Path: { Hops.Count: 0, Field.Name: "id" } };
            yield return key;
        }

        // Ties are by id, in the direction of the last key, so that one index can serve both.
        if (!unique) yield return SortKey.Of(kind.View.Fields[0], $"{Row}.\"id\"", nullable: false, descending, "id");
    }

    private static SortKey? KeyOf(BoundExpression by, bool descending, ToOneJoins joins, ToManyJoins sums)
    {
        if (by is { Function: null, Path: { IsToMany: false, Field: { IsComparable: true } field } path })
        {
            return SortKey.Of(field, $"{joins.At(path)}.{field.Quoted}", field.IsNullable || path.Hops.Count > 0, descending, path.Text);
        }

        if (by is not { Function: { } function, Path.IsToMany: true }) return null;
        var sql = Aggregate(by, sums);
        var (kindOf, isSum) = by.Type;
        return function is AggregateFunction.Min or AggregateFunction.Max
            ? SortKey.Of(by.Path.Field!, sql, nullable: true, descending, by.Text)
            : SortKey.OfNumber(sql, nullable: function is AggregateFunction.Avg, descending, kindOf, isSum, by.Text);
    }

    /// <summary>What is counted or summed over the rows that one row is related to.</summary>
    private static string Aggregate(BoundExpression bound, ToManyJoins joins)
    {
        string Of(string last) => bound.Aggregate(bound.Path!.Field is { } of ? $"{last}.{of.Quoted}" : "*");
        return joins.Value(bound.Path!, (from, last) => $"(select {Of(last)} from {from})", Of, bound.Function is AggregateFunction.Count or AggregateFunction.Sum ? "0" : null);
    }

    private List<Cell> Returned(ToOneJoins joins, ToManyJoins related)
    {
        List<Cell> cells = [];
        foreach (var item in query.Return ?? [new(new AllFieldsSyntax(query.At), Alias: null, query.At)])
        {
            if (item.Expression is AllFieldsSyntax) cells.AddRange(All());
            else if (BoundExpression.Bind(context, kind, item.Expression) is { } bound) cells.Add(CellOf(bound, item.Alias ?? QueryPrinter.Print(item.Expression), joins, related));
        }

        if (cells.GroupBy(c => c.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice) context.Refuse(Refusals.SameKey(twice.Key), query.Return![0].At);
        return cells;
    }

    private IEnumerable<Cell> All() => kind.View.Fields
        .Where(f => !kind.View.Type.Hidden.Contains(f.Name, StringComparer.Ordinal))
        .Select(f => new Cell(f.Name, $"{Page}.{f.Quoted}", f.Kind is FieldKind.Document));

    /// <summary>A related row as columns, which costs the database less than to make JSON of it.</summary>
    private Cell Whole(string key, QueryKind related, string at)
    {
        var present = $"{at}.{related.Key[0]} is not null";
        if (columns + related.Fields.Count > MostColumns) return new(key, $"case when {present} then {Cells.Object(related, at)} end", IsJson: true);
        columns += related.Fields.Count;
        return new(key, present) { Fields = [.. related.Fields.Select(f => new Cell(f.Name, $"{at}.{f.Quoted}", f.Kind is FieldKind.Document))] };
    }

    private Cell CellOf(BoundExpression bound, string key, ToOneJoins joins, ToManyJoins related)
    {
        var path = bound.Path!;
        if (!path.IsToMany)
        {
            var at = joins.At(path);
            return path.Field is { } field
                ? new(key, $"{at}.{field.Quoted}", field.Kind is FieldKind.Document)
                : Whole(key, path.Kind, at);
        }

        if (bound.Function is not null) return new(key, Aggregate(bound, related));
        if (path.Field is { IsComparable: true } plain)
        {
            return new(key, related.Value(path, (from, last) => $"array(select {last}.{plain.Quoted} from {from} order by {last}.{plain.Quoted})",
                last => $"array_agg({last}.{plain.Quoted} order by {last}.{plain.Quoted})", "'{}'", last => $"{last}.{plain.Quoted} is not null"));
        }

        string Rows(string last) => $"json_agg({(path.Field is { } f ? $"{last}.{f.Quoted}" : Cells.Object(path.Kind, last))} order by {string.Join(", ", path.Kind.Key.Select(k => $"{last}.{k}"))})";
        return new(key, related.Value(path, (from, last) => $"(select coalesce({Rows(last)}, '[]'::json) from {from})", Rows, "'[]'::json"), IsJson: true);
    }
}
