using System.Text;

namespace IaaS.Projections.Query.Compile;

/// <summary>Left joins along to-one relations, one for each beginning of a path: a row stays where there is nothing to join.</summary>
internal sealed class ToOneJoins(CompileContext context, string root)
{
    private readonly Dictionary<string, string> aliases = new(StringComparer.Ordinal);
    private readonly StringBuilder sql = new();

    /// <summary>All joins so far, each with a space before it.</summary>
    public string Sql => sql.ToString();

    /// <summary>The alias of the row at the end of a path's relations; the root itself when it has none.</summary>
    public string At(BoundPath path)
    {
        var at = root;
        var prefix = "";
        foreach (var (relation, filter) in path.Hops)
        {
            prefix = $"{prefix}.{relation.Name}";
            // Two filters are two joins, even when they say the same.
            if (filter is not null) prefix = $"{prefix}[{filter.At.Start}]";
            if (!aliases.TryGetValue(prefix, out var next))
            {
                next = aliases[prefix] = context.Alias('j');
                sql.Append(" left join ").Append(context.Source(relation.Target)).Append(' ').Append(next).Append(" on ").Append(relation.On(at, next));
                if (context.Tenancy(relation.Target, next) is { } tenancy) sql.Append(" and ").Append(tenancy);
                if (filter is not null) sql.Append(" and ").Append(ConditionCompiler.Compile(context, relation.Target, next, filter));
            }

            at = next;
        }

        return at;
    }
}
