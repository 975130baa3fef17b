using IaaS.Api.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Past;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace IaaS.Api.Query;

/// <param name="Query">In the query language: docs/query.md. Several are separated by <c>;</c>.</param>
public sealed record QueryBody(string Query);

/// <param name="Sql">The statement, with <c>$1</c> and so on where values go.</param>
public sealed record PlanBody(string? Name, string Sql, IReadOnlyList<string> Plan);

/// <summary>The query language over HTTP.</summary>
public sealed class QueryEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/query").WithTags("query");
        group.MapPost("", async (HttpContext http, ApiHost api, QueryEngine engine, Changes changes) =>
        {
            var (body, problem) = await Body.ReadAsync<QueryBody>(http);
            return problem ?? await AskAsync(http, api, engine, changes, body!.Value.Query);
        }).WithName("query").WithSummary("Asks: rows, groups, the past, what happened.").Accepts<QueryBody>("application/json").Produces<AnswersBody>().ProducesProblem(400);
        group.MapGet("", ([FromQuery] string q, HttpContext http, ApiHost api, QueryEngine engine, Changes changes) => AskAsync(http, api, engine, changes, q))
            .WithName("query-by-url").WithSummary("The same, by a link.").Produces<AnswersBody>().ProducesProblem(400);
        group.MapPost("explain", ExplainAsync)
            .WithName("explain-query").WithSummary("The SQL of a query and its plan, for administrators.").Accepts<QueryBody>("application/json").Produces<IReadOnlyList<PlanBody>>().ProducesProblem(400);
    }

    public static QueryCaller Caller(HttpContext http) => new(http.Caller.IsAdmin ? null : http.Caller.Project ?? "");

    /// <summary>One page of a kind, for its list.</summary>
    public static async Task<IResult> ListAsync(HttpContext http, ApiHost api, QueryEngine engine, string kind)
    {
        if (await api.WaitAsync(http) is { } late) return late;
        return ListRequest.Parse(kind, http.Request.Query) switch
        {
            Answer<QuerySyntax>.Given { Value: var query } => await engine.AskAsync(query, Caller(http), http.RequestAborted) switch
            {
                Answer<QueryAnswer>.Given { Value: var answer } => Shown(http, answer),
                Answer<QueryAnswer>.Refused { Reason: var why } => Problems.Of(why),
                _ => throw new InvalidOperationException("An answer is given or refused."),
            },
            Answer<QuerySyntax>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static Ok<ListBody> Shown(HttpContext http, QueryAnswer answer)
    {
        ApiHost.Mark(http, answer.Position);
        return TypedResults.Ok(new ListBody(new(answer), answer.Next, answer.Total));
    }

    private static async Task<IResult> AskAsync(HttpContext http, ApiHost api, QueryEngine engine, Changes changes, string text)
    {
        if (await api.WaitAsync(http) is { } late) return late;
        List<AnswerBody> answers = [];
        switch (QueryParser.Parse(text))
        {
            case Answer<QueryTextSyntax>.Refused { Reason: var why }: return Problems.Of(why);
            case Answer<QueryTextSyntax>.Given { Value.Queries: var queries }:
                foreach (var query in queries)
                {
                    switch (await AnswerAsync(query, Caller(http), engine, changes, text, http.RequestAborted))
                    {
                        case Answer<AnswerBody>.Given { Value: var answer }: answers.Add(answer); break;
                        case Answer<AnswerBody>.Refused { Reason: var no }: return Problems.Of(no);
                    }
                }

                break;
        }

        ApiHost.Mark(http, answers.Min(a => a.Position));
        return TypedResults.Ok(new AnswersBody(answers));
    }

    private static async Task<Answer<AnswerBody>> AnswerAsync(QuerySyntax query, QueryCaller caller, QueryEngine engine, Changes changes, string text, CancellationToken ct)
    {
        if (query.Between is not null)
        {
            return (await changes.AskAsync(query, caller, ct, text)).Then<AnswerBody>(c => new AnswerBody(query.Name?.Text, query.Kind, c.Rows, Next: null, Total: null, c.Position));
        }

        return (await engine.AskAsync(query, caller, ct, text)).Then<AnswerBody>(a => new AnswerBody(a.Name, a.Kind, new RowsBody(a), a.Next, a.Total, a.Position));
    }

    private static async Task<IResult> ExplainAsync(HttpContext http, QueryEngine engine)
    {
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators see how a query is answered."));
        var (body, problem) = await Body.ReadAsync<QueryBody>(http);
        if (problem is not null) return problem;
        List<PlanBody> plans = [];
        switch (QueryParser.Parse(body!.Value.Query))
        {
            case Answer<QueryTextSyntax>.Refused { Reason: var why }: return Problems.Of(why);
            case Answer<QueryTextSyntax>.Given { Value.Queries: var queries }:
                foreach (var query in queries)
                {
                    switch (await engine.ExplainAsync(query, Caller(http), http.RequestAborted, body.Value.Query))
                    {
                        case Answer<QueryPlan>.Given { Value: var plan }: plans.Add(new(query.Name?.Text, plan.Sql, plan.Plan)); break;
                        case Answer<QueryPlan>.Refused { Reason: var no }: return Problems.Of(no);
                    }
                }

                break;
        }

        return TypedResults.Ok(plans);
    }
}
