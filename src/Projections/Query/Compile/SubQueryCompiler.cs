using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;

namespace IaaS.Projections.Query.Compile;

/// <summary>The query of <c>path in (query)</c>: rows of one column, with the same moment and the same tenancy as the one around it.</summary>
internal static class SubQueryCompiler
{
    /// <param name="compared">What its answers are compared with.</param>
    public static string Compile(CompileContext context, QuerySyntax query, ViewField compared)
    {
        if (query.GroupBy.Count > 0 || query.OrderBy.Count > 0 || query.Limit is not null || query.After is not null || query.WithTotal
            || query.AsOf is not null || query.Between is not null || query.Name is not null)
        {
            return Null(context, Refusals.SubQuery("A query inside 'in (…)' has a kind, conditions and one field to return, nothing else."), query.At);
        }

        if (query.Return is not [{ Expression: PathExpressionSyntax { Path: var returned } }])
        {
            return Null(context, Refusals.SubQuery("A query inside 'in (…)' returns one field: 'in (host where … return id)'."), query.At);
        }

        if (context.Kind(query.Kind, query.At) is not { } kind || PathBinder.BindField(context, kind, returned) is not { } path) return "null";
        if (path.IsToMany) return Null(context, Refusals.ToMany(path.Text, "a query inside 'in (…)' returns one"), returned.At);
        if (!AreSame(compared, path.Field!)) return Null(context, Refusals.TypesDiffer(compared, path.Field!), returned.At);
        var root = context.Alias();
        var joins = new ToOneJoins(context, root);
        var column = $"{joins.At(path)}.{path.Field!.Quoted}";
        List<string> conditions = [];
        if (context.Tenancy(kind, root) is { } tenancy) conditions.Add(tenancy);
        if (query.Where is not null) conditions.Add(ConditionCompiler.Compile(context, kind, root, query.Where));
        return $"select {column} from {context.Source(kind)} {root}{joins.Sql}{(conditions.Count == 0 ? "" : " where " + string.Join(" and ", conditions))}";
    }

    private static string Null(CompileContext context, Domain.Kernel.Rejection why, TextSpan at)
    {
        context.Refuse(why, at);
        return "null";
    }

    private static bool AreSame(ViewField left, ViewField right) => right.IsComparable && Family(left) == Family(right);

    private static int Family(ViewField field) => field.Kind switch
    {
        FieldKind.Text or FieldKind.Id or FieldKind.Choice => 1,
        FieldKind.Whole or FieldKind.Bytes or FieldKind.Number => 2,
        FieldKind.Truth => 3,
        FieldKind.Instant => 4,
        _ => 0,
    };
}
