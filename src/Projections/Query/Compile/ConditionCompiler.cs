using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Compile;

/// <summary>
/// Conditions as SQL. Relations become EXISTS with joins inside, which the planner turns into semi-joins and reorders. SQL's third
/// truth value counts as false; a negation is <c>is not true</c>, so it never comes through.
/// </summary>
internal static class ConditionCompiler
{
    public static string Compile(CompileContext context, QueryKind kind, string alias, ConditionSyntax condition)
    {
        context.CountCondition(condition.At);
        return condition switch
        {
            AndSyntax and => Join(" and ", and.Parts),
            OrSyntax or => Join(" or ", or.Parts),
            NotSyntax not => Not(Compile(context, kind, alias, not.Part)),
            ComparisonSyntax comparison => Comparison(context, kind, alias, comparison),
            InQuerySyntax inQuery => InQuery(context, kind, alias, inQuery),
            ExistsSyntax exists => PathBinder.BindRelation(context, kind, exists.Path) is { } path ? Exists(context, alias, path, (_, _) => null) : "false",
            AllSyntax all => PathBinder.BindRelation(context, kind, all.Path) is { } path
                ? Not(Exists(context, alias, path, (end, at) => Not(Compile(context, end, at, all.Condition))))
                : "false",
            MatchesSyntax matches => Matches(context, kind, alias, matches),
            _ => throw new InvalidOperationException($"{condition.GetType().Name} is no condition."),
        };

        string Join(string word, IReadOnlyList<ConditionSyntax> parts) => $"({string.Join(word, parts.Select(p => Compile(context, kind, alias, p)))})";
    }

    /// <summary>At least one row at the path's end, of those that the caller may see, fulfils a condition.</summary>
    public static string Exists(CompileContext context, string alias, BoundPath path, Func<QueryKind, string, string?> end) => Exists(context, alias, path, 0, end);

    /// <summary>
    /// A relation to one row is a join. One to many begins an EXISTS of its own, so that rows are not multiplied on the way: a
    /// row that is found is found once.
    /// </summary>
    private static string Exists(CompileContext context, string alias, BoundPath path, int first, Func<QueryKind, string, string?> end)
    {
        var next = first + 1;
        while (next < path.Hops.Count && !path.Hops[next].Relation.IsToMany) next++;
        var (from, conditions, last) = Chain(context, alias, [.. path.Hops.Skip(first).Take(next - first)]);
        if ((next < path.Hops.Count ? Exists(context, last, path, next, end) : end(path.Kind, last)) is { } condition) conditions.Add(condition);
        return $"exists (select 1 from {from} where {string.Join(" and ", conditions)})";
    }

    /// <summary>The rows at the end of some relations, starting from an alias outside: what to read from, and under which conditions.</summary>
    public static (string From, List<string> Conditions, string Last) Chain(CompileContext context, string alias, IReadOnlyList<Hop> hops)
    {
        List<string> tables = [], conditions = [];
        var at = alias;
        foreach (var (relation, filter) in hops)
        {
            var next = context.Alias();
            // The first is bound to the row outside, so its condition stands below; the others are joins.
            tables.Add(tables.Count == 0 ? $"{context.Source(relation.Target)} {next}" : $"join {context.Source(relation.Target)} {next} on {relation.On(at, next)}");
            if (conditions.Count == 0) conditions.Add(relation.On(at, next));
            if (context.Tenancy(relation.Target, next) is { } tenancy) conditions.Add(tenancy);
            if (filter is not null) conditions.Add(Compile(context, relation.Target, next, filter));
            at = next;
        }

        return (string.Join(' ', tables), conditions, at);
    }

    private static string Not(string condition) => $"({condition}) is not true";

    private static string Comparison(CompileContext context, QueryKind kind, string alias, ComparisonSyntax comparison)
    {
        if (PathBinder.BindField(context, kind, comparison.Path) is not { } path) return "false";
        var field = path.Field!;
        string Leaf(string at) => FieldConditions.Compile(context, $"{at}.{field.Quoted}", field, comparison);
        return path.Hops.Count == 0 ? Leaf(alias) : Exists(context, alias, path, (_, at) => Leaf(at));
    }

    private static string InQuery(CompileContext context, QueryKind kind, string alias, InQuerySyntax condition)
    {
        if (PathBinder.BindField(context, kind, condition.Path) is not { } path) return "false";
        var field = path.Field!;
        if (!field.IsComparable) return context.Refuse(Refusals.NotComparable(field, "it cannot be looked for in a query"), condition.Path.At);
        var query = SubQueryCompiler.Compile(context, condition.Query, field);
        string Leaf(string at)
        {
            var positive = $"{at}.{field.Quoted} in ({query})";
            return condition.Negated ? Not(positive) : positive;
        }

        return path.Hops.Count == 0 ? Leaf(alias) : Exists(context, alias, path, (_, at) => Leaf(at));
    }

    private static string Matches(CompileContext context, QueryKind kind, string alias, MatchesSyntax condition)
    {
        BoundPath? path = null;
        if (condition.Path is not null && (path = PathBinder.BindRelation(context, kind, condition.Path)) is null) return "false";
        var searched = path?.Kind ?? kind;
        if (searched.Element is not null) return context.Refuse(Refusals.NoText(searched), condition.At);
        if (SearchWords.Query(condition.Words.Text) is not { } words) return context.Refuse(Refusals.NoWords(condition.Words.Text), condition.Words.At);
        var parameter = context.Parameter(words, NpgsqlDbType.Text);
        string Leaf(string at) => $"{at}.\"#search\" @@ {parameter}::tsquery";
        return path is null ? Leaf(alias) : Exists(context, alias, path, (_, at) => Leaf(at));
    }
}
