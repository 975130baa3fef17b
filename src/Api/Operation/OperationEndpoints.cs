using IaaS.Api.Kernel;
using IaaS.Api.Query;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Projections.Operation;
using IaaS.Projections.Query;

namespace IaaS.Api.Operation;

/// <summary>Operations: what was asked for, by whom, and what came of it. Made by other endpoints; here they are read.</summary>
public sealed class OperationEndpoints : IEndpoints
{
    private const int LongestReason = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/operations").WithTags("operations");
        group.MapGet("", (HttpContext http, ApiHost api, QueryEngine engine) => QueryEndpoints.ListAsync(http, api, engine, OperationId.Kind))
            .WithName("list-operations").WithSummary("Lists operations: any field as a filter, sort, limit, after.").Produces<Page<OperationView>>();
        group.MapGet("{id}", GetAsync).WithName("get-operation").WithSummary("One operation: its state, steps and error.")
            .Produces<OperationBody>().ProducesProblem(404);
        group.MapPost("{id}/cancel", (string id, HttpContext http, ApiHost api) => AskAsync(id, http, api, o => api.Engine.CancelAsync(o, http.Caller.Actor)))
            .WithName("cancel-operation").WithSummary("Gives it up: what it has done is undone. Refused once it can only go on.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/retry", (string id, HttpContext http, ApiHost api) => AskAsync(id, http, api, api.Engine.RetryAsync))
            .WithName("retry-operation").WithSummary("Has it try again now what does not succeed, and not after its pause.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/hand-over", HandOverAsync).WithName("hand-over-operation").Accepts<HandOverBody>("application/json")
            .WithSummary("An administrator takes over a step that does not succeed: the operation goes on as if it had, and what it leaves is his to look after.")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapGet("{id}/results", ResultsAsync).WithName("results-of-operation")
            .WithSummary("What became of each of the VMs that a vm.create-many makes, in order, and how many are how far: limit, after.")
            .Produces<ResultsBody>().ProducesProblem(400).ProducesProblem(404);
        group.MapGet("{id}/events", EventsAsync).WithName("events-of-operation")
            .WithSummary("What happened in it, step by step. With 'Accept: text/event-stream', its body at each change as server-sent events, up to its end; Last-Event-ID goes on where a stream was cut off.")
            .Produces<Page<EventBody>>().Produces(204).ProducesProblem(400).ProducesProblem(404);
    }

    private static async Task<IResult> AskAsync(string id, HttpContext http, ApiHost api, Func<OperationId, Task<Rejection?>> ask)
    {
        if (await FindAsync(id, http, api) is not { } report) return Problems.Of(NotFound(id));
        if (!http.Caller.MayChange(report.State.Started!.Project))
            return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", $"A token with the role {http.Caller.Role} may not change {id}. Use a token that may."));
        if (await ask(report.Id).WaitAsync(http.RequestAborted) is { } why) return Problems.Of(why, operation: id);
        return await api.AcceptedAsync(http, await api.Engine.ReadAsync(report.Id) ?? report);
    }

    private static async Task<IResult> HandOverAsync(string id, HttpContext http, ApiHost api)
    {
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators take over what an operation leaves behind."));
        var (body, problem) = await Body.ReadAsync<HandOverBody>(http);
        if (problem is not null) return problem;
        var (reason, step) = body!.Value;
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > LongestReason)
            return Problems.Of(new Rejection(RejectionKind.Invalid, "operation.bad-reason", $"Say in 1 to {LongestReason} characters why the step will not succeed."));
        return await AskAsync(id, http, api, o => api.Engine.HandOverAsync(o, new HandOver(step, reason, http.Caller.Actor)));
    }

    private static Rejection NotFound(string id) => new(RejectionKind.NotFound, "op.not-found", $"There is no operation {id}.");

    // Read from the log itself, so that it is never behind what it tells of.
    private static async Task<OperationReport?> FindAsync(string id, HttpContext http, ApiHost api)
    {
        if (!ResourceId.IsValid(id, OperationId.Kind) || await api.Engine.ReadAsync(OperationId.Of(id)) is not { } report) return null;
        return http.Caller.Project is { } project && !string.Equals(project, report.State.Started!.Project, StringComparison.Ordinal) ? null : report;
    }

    private static async Task<IResult> GetAsync(string id, HttpContext http, ApiHost api)
    {
        if (await FindAsync(id, http, api) is not { } report) return Problems.Of(NotFound(id));
        await api.VisibleAsync(report, http.RequestAborted);
        ApiHost.Mark(http, report.Position);
        return TypedResults.Ok(OperationBody.Whole(report));
    }

    private static async Task<IResult> ResultsAsync(string id, HttpContext http, ApiHost api, BatchResults results) =>
        await api.WaitAsync(http) ?? (await FindAsync(id, http, api) is { } report ? await results.ReadAsync(http, report) : Problems.Of(NotFound(id)));

    /// <summary>One address for what happened: as a page, and for those who accept it, as a stream that goes on to the end.</summary>
    private static async Task<IResult> EventsAsync(string id, HttpContext http, ApiHost api, OperationNews news, Tokens tokens, IHostApplicationLifetime lifetime)
    {
        if (!http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals(OperationStream.MediaType, StringComparison.OrdinalIgnoreCase)))
            return await Events.ReadAsync(http, api, OperationId.Kind, id, async () => await FindAsync(id, http, api) is not null);
        return await FindAsync(id, http, api) is { } report
            ? await new OperationStream(report.Id, http, api, news, tokens).RunAsync(lifetime.ApplicationStopping)
            : Problems.Of(NotFound(id));
    }
}
