using System.Globalization;
using IaaS.Commands.Cascade;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;

namespace IaaS.Api.Cascade;

/// <summary>What stands on what, asked in the query language.</summary>
public sealed class Dependents(IEnumerable<ICascade> kinds, QueryEngine engine, Projector projector, GroupCommit commits) : IDependents
{
    private const int PageSize = 1_000;
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Dependent>> OfAsync(string id, CancellationToken ct)
    {
        // What this process has done, it sees.
        await projector.WaitForAsync(commits.Position, CatchUp, ct);
        List<Dependent> found = [];
        foreach (var kind in kinds)
        {
            if (!kind.StandsOn.TryGetValue(ResourceId.KindOf(id), out var condition)) continue;
            var after = kind.GoesAfter is { } field ? $", {field} as held" : "";
            for (string? cursor = null; ;)
            {
                var where = string.Format(CultureInfo.InvariantCulture, condition, id);
                var text = string.Create(CultureInfo.InvariantCulture, $"{kind.Kind} where {where} order by id limit {PageSize}{(cursor is null ? "" : $" after '{cursor}'")} return id, name{after}");
                var answer = await AskAsync(text, ct);
                found.AddRange(answer.Rows.Select(r => new Dependent((string)r[0]!, r[1] as string, id, r.Count > 2 ? r[2] as string : null)));
                if ((cursor = answer.Next) is null) break;
            }
        }

        return found;
    }

    private async Task<QueryAnswer> AskAsync(string text, CancellationToken ct) => QueryParser.Parse(text) switch
    {
        Answer<QueryTextSyntax>.Given { Value.Queries: [var query] } => await engine.AskAsync(query, new QueryCaller(Project: null), ct, text) switch
        {
            Answer<QueryAnswer>.Given { Value: var answer } => answer,
            Answer<QueryAnswer>.Refused { Reason: var why } => throw new StoreUnavailableException($"{text}: {why.Detail}", inner: null),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        },
        Answer<QueryTextSyntax>.Refused { Reason: var why } => throw new InvalidOperationException($"{text}: {why.Detail}"),
        _ => throw new InvalidOperationException("A text is parsed or refused."),
    };
}
