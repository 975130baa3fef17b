namespace IaaS.Projections.Query.Schema;

/// <summary>
/// How many different single conditions the language can express: paths to a field that visit no kind twice, by the number of
/// relations in them. The rule by which the field's largest system of this kind is counted.
/// </summary>
public static class Census
{
    /// <summary>Operators that a condition has, with their negations.</summary>
    public const int Operators = 12;

    /// <summary>Field paths with at most 0, 1, 2 … relations, over all kinds to start from; the last entry is for the longest that there are.</summary>
    /// <param name="mostRelations">Where to stop counting.</param>
    public static IReadOnlyList<long> Paths(QuerySchema schema, int mostRelations)
    {
        var exact = new long[mostRelations + 1];
        foreach (var kind in schema.Kinds) Visit(kind, depth: 0, [], exact);
        for (var i = 1; i < exact.Length; i++) exact[i] += exact[i - 1];
        return exact;
    }

    private static void Visit(QueryKind kind, int depth, HashSet<QueryKind> visited, long[] exact)
    {
        exact[depth] += kind.Fields.Count;
        if (depth + 1 == exact.Length) return;
        visited.Add(kind);
        foreach (var relation in kind.Relations.Values.Where(r => !visited.Contains(r.Target))) Visit(relation.Target, depth + 1, visited, exact);
        visited.Remove(kind);
    }
}
