using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;

namespace IaaS.Api.Query;

/// <summary>The query of a list, <c>GET /v1/vms?state=Running&amp;q=host.cluster.name~=prod-%&amp;sort=-createdAt</c>, as the language has it.</summary>
public static class ListRequest
{
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal) { "q", "sort", "limit", "after", "total", "fields", "groupBy", "asOf", "waitFor" };

    private static readonly TextSpan Nowhere = new(0, 0);

    /// <summary>Every other parameter is a field, and the value that it must equal; an empty value asks for rows without one.</summary>
    public static Answer<QuerySyntax> Parse(string kind, IQueryCollection parameters)
    {
        if (Own.FirstOrDefault(name => name is not "q" && parameters[name].Count > 1) is { } twice)
            return new Rejection(RejectionKind.Invalid, $"query.bad-{twice}", $"'{twice}' is said {parameters[twice].Count} times. Say it once.");
        List<ConditionSyntax> conditions = [.. parameters.Where(p => !Own.Contains(p.Key)).SelectMany(p => p.Value.Select(v => Equal(p.Key, v)))];
        foreach (var text in parameters["q"])
        {
            switch (ConditionParser.Parse(text ?? ""))
            {
                case Answer<ConditionSyntax>.Given { Value: var condition }: conditions.Add(condition); break;
                case Answer<ConditionSyntax>.Refused { Reason: var why }: return why with { Detail = $"q={text}: {why.Detail}" };
            }
        }

        var query = new QuerySyntax(kind, Nowhere)
        {
            Where = conditions.Count switch { 0 => null, 1 => conditions[0], _ => new AndSyntax(conditions, Nowhere) },
            After = One(parameters, "after") is { } after ? new(after, LiteralKind.Quoted, Nowhere) : null,
            WithTotal = One(parameters, "total") is "true",
            AsOf = One(parameters, "asOf") is { } at ? new(at, at.All(char.IsAsciiDigit), Nowhere) : null,
        };
        if (One(parameters, "limit") is { } limit)
        {
            if (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var rows))
                return new Rejection(RejectionKind.Invalid, "query.bad-limit", $"The limit '{limit}' is no number. It is 1 to 1000.");
            query = query with { Limit = new(rows, Nowhere) };
        }

        return Clause(kind, "return", One(parameters, "fields")).Then(fields => Clause(kind, "order by", Sort(One(parameters, "sort"))).Then(sort =>
            Clause(kind, "group by", One(parameters, "groupBy")).Then<QuerySyntax>(groups =>
                query with { Return = fields?.Return, OrderBy = sort?.OrderBy ?? [], GroupBy = groups?.GroupBy ?? [] })));
    }

    private static string? One(IQueryCollection parameters, string name) => parameters.TryGetValue(name, out var value) && value.Count > 0 ? value[0] : null;

    /// <summary><c>-createdAt,name</c>, as the language writes it.</summary>
    private static string? Sort(string? sort) => sort is null ? null
        : string.Join(", ", sort.Split(',').Select(key => key.StartsWith('-') ? $"{key[1..]} desc" : key));

    /// <summary>A list of fields is read as a clause of the language; whatever else is in it is refused.</summary>
    private static Answer<QuerySyntax?> Clause(string kind, string word, string? text)
    {
        if (text is null) return new Answer<QuerySyntax?>.Given(null);
        var before = $"{kind} {word} ";
        return QueryParser.ParseOne(before + text) switch
        {
            Answer<QuerySyntax>.Given { Value: var query } when Clauses(query) == 1 => query,
            Answer<QuerySyntax>.Given => new Rejection(RejectionKind.Invalid, "query.syntax", $"'{text}' is more than a list of fields."),
            Answer<QuerySyntax>.Refused { Reason: var why } => why with { Detail = $"In '{text}', columns counted from '{before.TrimEnd()}': {why.Detail}" },
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static int Clauses(QuerySyntax query) => ((bool[])[
        query.Where is not null, query.GroupBy.Count > 0, query.OrderBy.Count > 0, query.Return is not null, query.Limit is not null, query.After is not null,
        query.WithTotal, query.AsOf is not null, query.Between is not null, query.Name is not null]).Count(said => said);

    private static ComparisonSyntax Equal(string path, string? value)
    {
        var segments = new PathSyntax([.. path.Split('.').Select(name => new SegmentSyntax(name, Filter: null, Nowhere))]);
        return string.IsNullOrEmpty(value)
            ? new(segments, ComparisonOperator.IsNull, [], Nowhere)
            : new(segments, ComparisonOperator.Equal, [new(value, LiteralKind.Quoted, Nowhere)], Nowhere);
    }
}
