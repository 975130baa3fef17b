using System.Globalization;
using System.Text;

namespace IaaS.Projections.Query.Compile;

/// <summary>
/// What is computed of the rows that each row is related to. Where an index finds them it is looked up row by row. Where none does, that would
/// read a whole table for every row; then it is computed for all rows at once, and joined.
/// </summary>
/// <param name="source">Where the rows are read from, for the joins.</param>
/// <param name="root">The alias of a row.</param>
internal sealed class ToManyJoins(CompileContext context, Func<string> source, string root)
{
    private readonly StringBuilder sql = new();

    /// <summary>All joins so far, each with a space before it.</summary>
    public string Sql => sql.ToString();

    /// <param name="each">The value for one row as a query of its own, given where its related rows are and the alias of the last.</param>
    /// <param name="all">The same as an aggregate, given that alias; <paramref name="empty"/> is what it is of no rows.</param>
    /// <param name="only">A further condition on the last related row; null for none.</param>
    public string Value(BoundPath path, Func<string, string, string> each, Func<string, string> all, string? empty, Func<string, string>? only = null)
    {
        var isJoin = path.Hops.Any(h => !h.Relation.IsIndexed);
        var outer = isJoin ? context.Alias('o') : root;
        var (from, conditions, last) = ConditionCompiler.Chain(context, outer, path.Hops);
        if (only is not null) conditions.Add(only(last));
        var where = QueryCompiler.Where(conditions);
        if (!isJoin) return each($"{from}{where}", last);
        var group = context.Alias('g');
        sql.Append(CultureInfo.InvariantCulture, $" left join (select {outer}.\"id\" as k, {all(last)} as v from {source()} {outer}, {from}{where} group by 1) {group} on {group}.k = {root}.\"id\"");
        return empty is null ? $"{group}.v" : $"coalesce({group}.v, {empty})";
    }
}
