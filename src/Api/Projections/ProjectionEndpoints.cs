using IaaS.Api.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Rebuild;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IaaS.Api.Projections;

/// <param name="State">running, stopped or rebuilding.</param>
/// <param name="Position">Every event up to it is in its rows.</param>
/// <param name="Head">The end of the log.</param>
/// <param name="IsStale">Its rows are those of an earlier declaration, brought to the shape of this one: it is being built anew.</param>
/// <param name="Stopped">The event that it could not take.</param>
/// <param name="Build">The last rebuild or verification since the server started.</param>
public sealed record ProjectionBody(string Name, int Version, string State, long Position, long Head, bool IsStale, ViewFailure? Stopped, BuildStatus? Build);

/// <param name="Skipped">Events that operators told it to leave out.</param>
public sealed record ProjectionDetailBody(
    string Name, int Version, string State, long Position, long Head, bool IsStale, ViewFailure? Stopped, BuildStatus? Build, IReadOnlyList<SkippedEvent> Skipped);

/// <param name="Position">Of the event at which the view has stopped.</param>
/// <param name="Reason">Why it may be left out; kept with the record.</param>
public sealed record SkipBody(long Position, string Reason);

/// <summary>The views behind the queries: how far they are; building them anew; comparing them with the log. For administrators.</summary>
public sealed class ProjectionEndpoints : IEndpoints
{
    private const int LongestReason = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/projections").WithTags("projections");
        group.MapGet("", (HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder) =>
                Only(http) ?? TypedResults.Ok(All(tables, projector, rebuilder)))
            .WithName("list-projections").WithSummary("Every view: how far it is, what has stopped it, what builds it anew.").Produces<ProjectionsBody>().ProducesProblem(403);
        group.MapGet("{name}", GetAsync)
            .WithName("get-projection").WithSummary("One view, with what was skipped of it.").Produces<ProjectionDetailBody>().ProducesProblem(403).ProducesProblem(404);
        group.MapPost("{name}/rebuild", (string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder) => Ask(BuildKind.Rebuild, name, http, tables, projector, rebuilder))
            .WithName("rebuild-projection").WithSummary("Builds it anew from the log beside the one that serves, and puts it in its place.").Produces<ProjectionBody>(202).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("rebuild", (HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder) => AskForAll(http, tables, projector, rebuilder))
            .WithName("rebuild-projections").WithSummary("Builds all of them anew, in one pass over the log.").Produces<ProjectionsBody>(202).ProducesProblem(403);
        group.MapPost("{name}/verify", (string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder) => Ask(BuildKind.Verify, name, http, tables, projector, rebuilder))
            .WithName("verify-projection").WithSummary("Builds it from the log and compares row by row. What serves stays as it is.").Produces<ProjectionBody>(202).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{name}/retry", (string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder, StoppedViews stopped) =>
                ResumeAsync(name, http, tables, projector, rebuilder, view => stopped.RetryAsync(view, http.RequestAborted)))
            .WithName("retry-projection").WithSummary("Tries again the event that has stopped it.").Produces<ProjectionBody>(202).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{name}/skip", SkipAsync)
            .WithName("skip-event-of-projection").WithSummary("Leaves out the event that has stopped it. Who said so, and why, is kept.").Accepts<SkipBody>("application/json")
            .Produces<ProjectionBody>(202).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static IResult? Only(HttpContext http) => http.Caller.IsAdmin ? null
        : Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators see the views behind the queries. Use an administrator's token."));

    private static (ViewShape? View, IResult? Problem) Find(string name, HttpContext http, ViewTables tables)
    {
        if (Only(http) is { } no) return (null, no);
        var view = tables.Views.FirstOrDefault(v => string.Equals(v.Name, name, StringComparison.Ordinal));
        return view is null
            ? (null, Problems.Of(new Rejection(RejectionKind.NotFound, "projection.not-found", $"There is no view {name}. There are {string.Join(", ", tables.Views.Select(v => v.Name).Order(StringComparer.Ordinal))}.")))
            : (view, null);
    }

    private static async Task<IResult> GetAsync(string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder, StoppedViews stopped)
    {
        var (view, problem) = Find(name, http, tables);
        if (view is null) return problem!;
        var body = Of(view, projector, rebuilder);
        return TypedResults.Ok(new ProjectionDetailBody(body.Name, body.Version, body.State, body.Position, body.Head, body.IsStale, body.Stopped, body.Build, await stopped.SkippedAsync(view, http.RequestAborted)));
    }

    private static IResult Ask(BuildKind kind, string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder)
    {
        var (view, problem) = Find(name, http, tables);
        if (view is null) return problem!;
        return rebuilder.TryAsk(kind, view)
            ? Accepted(Of(view, projector, rebuilder))
            : Problems.Of(new Rejection(RejectionKind.Conflict, "projection.busy", $"View {name} is being built. GET /v1/projections/{name} says how far it is."));
    }

    private static IResult AskForAll(HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder)
    {
        if (Only(http) is { } no) return no;
        rebuilder.AskForAll();
        return TypedResults.Accepted("/v1/projections", All(tables, projector, rebuilder));
    }

    private static ProjectionsBody All(ViewTables tables, Projector projector, Rebuilder rebuilder) =>
        new([.. tables.Views.Select(v => Of(v, projector, rebuilder)).OrderBy(v => v.Name, StringComparer.Ordinal)]);

    private static async Task<IResult> SkipAsync(string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder, StoppedViews stopped)
    {
        var (view, problem) = Find(name, http, tables);
        if (view is null) return problem!;
        var (body, malformed) = await Body.ReadAsync<SkipBody>(http);
        if (malformed is not null) return malformed;
        var (position, reason) = (body!.Value.Position, body.Value.Reason);
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > LongestReason)
            return Problems.Of(new Rejection(RejectionKind.Invalid, "projection.bad-reason", $"Say in 1 to {LongestReason} characters why the event may be left out."));
        return await ResumeAsync(name, http, tables, projector, rebuilder, v => stopped.SkipAsync(v, position, http.Caller.Actor, reason, http.RequestAborted));
    }

    private static async Task<IResult> ResumeAsync(string name, HttpContext http, ViewTables tables, Projector projector, Rebuilder rebuilder, Func<ViewShape, Task<Rejection?>> resume)
    {
        var (view, problem) = Find(name, http, tables);
        if (view is null) return problem!;
        return await resume(view) is { } why ? Problems.Of(why) : Accepted(Of(view, projector, rebuilder));
    }

    private static Accepted<ProjectionBody> Accepted(ProjectionBody body) => TypedResults.Accepted($"/v1/projections/{body.Name}", body);

    private static ProjectionBody Of(ViewShape view, Projector projector, Rebuilder rebuilder)
    {
        var status = projector.Views.FirstOrDefault(v => string.Equals(v.View, view.Name, StringComparison.Ordinal)) ?? new(view.Name, view.Type.Version, 0, Failure: null);
        var build = rebuilder.StatusOf(view.Name);
        var rebuilding = build is { Kind: BuildKind.Rebuild, State: BuildState.Waiting or BuildState.Running };
        return new(view.Name, view.Type.Version, rebuilding ? "rebuilding" : status.Failure is null ? "running" : "stopped",
            status.Position, projector.Position + projector.Lag, status.Stale, status.Failure, build);
    }
}

/// <param name="Projections">By name.</param>
public sealed record ProjectionsBody(IReadOnlyList<ProjectionBody> Projections);
