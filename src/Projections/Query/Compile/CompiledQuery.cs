using System.Globalization;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Compile;

/// <summary>A query as one parameterised statement.</summary>
/// <param name="Sql">
/// Answers with: position, total (null unless asked for), true (null when there is no row), the cells, the keys. Moments of the past
/// still want their common table expressions before it.
/// </param>
/// <param name="Order">Kind, version and order, for cursors.</param>
internal sealed record CompiledQuery(
    QueryKind Kind, string Sql, CompileContext Context, IReadOnlyList<Cell> Cells, int Keys, int Limit, string Order, bool WithTotal)
{
    /// <summary>Of each cell, which of all their columns is its first; behind them how many columns there are.</summary>
    public IReadOnlyList<int> Starts { get; } = StartsOf(Cells);

    /// <summary>
    /// Answers the same where there is a row, with an eighth less of the database's time for a short list, and nothing where there is none. Null where that would
    /// gain nothing, or take long to find out: then all would be looked for twice.
    /// </summary>
    public string? OfSome { get; init; }

    /// <summary>It finds a few rows by a key: one plan is right for all values.</summary>
    public bool IsLookup { get; init; }

    private static int[] StartsOf(IReadOnlyList<Cell> cells)
    {
        var starts = new int[cells.Count + 1];
        for (var i = 0; i < cells.Count; i++) starts[i + 1] = starts[i] + 1 + cells[i].Fields.Count;
        return starts;
    }
}

/// <summary>Compiles a query. Null, with the reason noted in the context, when it is refused.</summary>
internal static class QueryCompiler
{
    public static CompiledQuery? Compile(CompileContext context, QuerySyntax query)
    {
        if (context.Kind(query.Kind, query.At) is not { } kind) return null;
        var limit = query.Limit?.Value ?? context.Limits.DefaultRows;
        if (limit < 1 || limit > context.Limits.Rows) context.Refuse(Refusals.BadLimit(limit, context.Limits.Rows), query.Limit!.At);
        var returned = query.Return?.Where(r => r.Expression is not AllFieldsSyntax).Select(r => BoundExpression.Bind(context, kind, r.Expression)).ToList() ?? [];
        var ordered = query.OrderBy.Select(o => Ordered(context, kind, query, o)).ToList();
        if (context.Refusal is not null) return null;
        var grouped = query.GroupBy.Count > 0 || returned.Concat(ordered.Select(o => o?.By)).Any(e => e is { IsOfGroup: true });
        var compiled = grouped
            ? new GroupCompiler(context, kind, query, limit).Compile(ordered!)
            : new PageCompiler(context, kind, query, limit).Compile(ordered!);
        return context.Refusal is null ? compiled! with
        {
            IsLookup = IsLookup(context, kind, query.Where),
            OfSome = EndsSoon(context, kind, query.Where) ? compiled.OfSome : null,
        } : null;
    }

    /// <summary>
    /// The statement around rows: one snapshot for the rows, their number and the position that they are right for, which stands
    /// in the answer even when there is no row.
    /// </summary>
    /// <returns>Beside it <see cref="CompiledQuery.OfSome"/>.</returns>
    public static (string Sql, string? OfSome) Frame(CompileContext context, string rows, string? total, string order)
    {
        var views = context.Parameter(context.Used.Select(k => k.View.Name).Distinct(StringComparer.Ordinal).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        var position = $"(select min(position) as position from {ViewTables.CheckpointTable} where view = any({views}))";
        return ($"""
            select c.position, {(total is null ? "null::bigint" : $"({total})")}, r.*
            from {position} c
            left join ({rows}) r on true
            order by {order}
            """,
            total is null ? $"select {position}, null::bigint, r.* from ({rows}) r order by {order}" : null);
    }

    public static string Limit(int limit) =>
        // One row more than the page tells whether there is another page.
        (limit + 1).ToString(CultureInfo.InvariantCulture);

    public static string Where(IReadOnlyCollection<string> conditions) => conditions.Count == 0 ? "" : $" where {string.Join(" and ", conditions)}";

    /// <summary>A condition that no index answers with many rows: an id, or the indexed field of an element, equals a value.</summary>
    private static bool IsLookup(CompileContext context, QueryKind kind, ConditionSyntax? condition) => condition switch
    {
        AndSyntax and => and.Parts.Any(p => IsLookup(context, kind, p)),
        ComparisonSyntax { Operator: ComparisonOperator.Equal } c when PathBinder.Bind(context, kind, c.Path) is { Field: { } field } path =>
            (path.Hops.Count == 0 && string.Equals(field.Name, "id", StringComparison.Ordinal))
            || (path.Hops.Count == 1 && path.Kind.Element is { } list && path.Kind.View.Type.Indexed.Contains($"{list.Name}.{field.Name}", StringComparer.Ordinal)),
        _ => false,
    };

    /// <summary>That there is no row is known at once: indexes find whatever there is.</summary>
    private static bool EndsSoon(CompileContext context, QueryKind kind, ConditionSyntax? condition) => condition switch
    {
        null => true,
        AndSyntax and => and.Parts.All(p => EndsSoon(context, kind, p)),
        ComparisonSyntax { Operator: ComparisonOperator.Equal } c => PathBinder.Bind(context, kind, c.Path) is { Hops.Count: 0, Field: { } field }
            && (string.Equals(field.Name, "id", StringComparison.Ordinal) || kind.HasIndex(field)),
        _ => false,
    };

    private static (BoundExpression By, bool Descending)? Ordered(CompileContext context, QueryKind kind, QuerySyntax query, OrderSyntax order)
    {
        // A name given in 'return … as name' can be ordered by, unless a field has it.
        var by = order.By is PathExpressionSyntax { Path.Segments: [{ Filter: null } only] } && kind.Field(only.Name) is null && !kind.Relations.ContainsKey(only.Name)
            && query.Return?.FirstOrDefault(r => string.Equals(r.Alias, only.Name, StringComparison.Ordinal)) is { } named
            ? named.Expression
            : order.By;
        return BoundExpression.Bind(context, kind, by) is { } bound ? (bound, order.Descending) : null;
    }
}
