using IaaS.Projections.Query.Language;

namespace IaaS.Query.Tests.Differential;

/// <summary>Queries that say a little less than another.</summary>
public static class Shrink
{
    public static IEnumerable<QuerySyntax> Smaller(QuerySyntax query)
    {
        if (query.AsOf is not null) yield return query with { AsOf = null };
        if (query.WithTotal) yield return query with { WithTotal = false };
        if (query.OrderBy.Count > 0) yield return query with { OrderBy = [.. query.OrderBy.Skip(1)] };
        if (query.Return is { Count: > 1 } returned)
        {
            for (var i = 0; i < returned.Count; i++) yield return query with { Return = [.. returned.Where((_, at) => at != i)] };
        }

        if (query.Limit is { Value: < 1000 }) yield return query with { Limit = query.Limit with { Value = 1000 } };
        if (query.Where is null) yield break;
        yield return query with { Where = null };
        foreach (var condition in Smaller(query.Where)) yield return query with { Where = condition };
    }

    private static IEnumerable<ConditionSyntax> Smaller(ConditionSyntax condition) => condition switch
    {
        AndSyntax and => [.. and.Parts, .. Parts(and.Parts, p => and with { Parts = p })],
        OrSyntax or => [.. or.Parts, .. Parts(or.Parts, p => or with { Parts = p })],
        NotSyntax not => [not.Part, .. Smaller(not.Part).Select(p => not with { Part = p })],
        AllSyntax all => [.. Paths(all.Path).Select(p => all with { Path = p }), .. Smaller(all.Condition).Select(c => all with { Condition = c })],
        ExistsSyntax exists => Paths(exists.Path).Select(p => exists with { Path = p }),
        ComparisonSyntax { Values.Count: > 1 } c => [.. c.Values.Select(v => c with { Values = [v] }), .. Paths(c.Path).Select(p => c with { Path = p })],
        ComparisonSyntax c => Paths(c.Path).Select(p => c with { Path = p }),
        InQuerySyntax { Query.Where: { } where } q => [q with { Query = q.Query with { Where = null } }, .. Smaller(where).Select(w => q with { Query = q.Query with { Where = w } })],
        _ => [],
    };

    private static IEnumerable<ConditionSyntax> Parts(IReadOnlyList<ConditionSyntax> parts, Func<IReadOnlyList<ConditionSyntax>, ConditionSyntax> with) =>
        parts.SelectMany((part, i) => Smaller(part).Select(smaller => with([.. parts.Select((p, at) => at == i ? smaller : p)])));

    /// <summary>The path with a filter less, or with a smaller one.</summary>
    private static IEnumerable<PathSyntax> Paths(PathSyntax path)
    {
        for (var i = 0; i < path.Segments.Count; i++)
        {
            if (path.Segments[i].Filter is not { } filter) continue;
            foreach (var smaller in Smaller(filter).Select(f => (ConditionSyntax?)f).Prepend(null))
                yield return new([.. path.Segments.Select((s, at) => at == i ? s with { Filter = smaller } : s)]);
        }
    }
}
