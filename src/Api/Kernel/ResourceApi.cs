using System.Text;
using IaaS.Api.Cascade;
using IaaS.Api.Operation;
using IaaS.Api.Query;
using IaaS.Commands.Cascade;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using Microsoft.AspNetCore.Mvc;

namespace IaaS.Api.Kernel;

/// <summary>The new name of a resource.</summary>
public sealed record RenameBody(string Name, string? Description = null);

/// <summary>The endpoints that every kind of resource has.</summary>
/// <param name="plural">The path, for example <c>disk-offerings</c>.</param>
/// <param name="show">How a row is shown; as it is by default.</param>
/// <param name="delete">How one is deleted; as every resource by default.</param>
/// <param name="ownerOf">The project whose members may change a row; by default only administrators may.</param>
public sealed class ResourceApi<TView>(string plural, Func<TView, object>? show = null, Func<TView, string>? ownerOf = null, Func<string, (string Workflow, object Input)>? delete = null) where TView : class, IView<TView>
{
    private readonly Func<TView, object> show = show ?? (row => row);
    private readonly Func<string, (string Workflow, object Input)> delete = delete ?? (id => (DeleteWorkflow.Name, new ResourceTarget(id)));

    private static string Kind => TView.Type.Name;

    public RouteGroupBuilder Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup($"/v1/{plural}").WithTags(plural);
        group.AddEndpointFilter(async (context, next) => TView.Type.Access is ViewAccess.Admin && !context.HttpContext.Caller.IsAdmin
            ? Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", $"Only administrators see {plural}."))
            : await next(context));

        group.MapGet("", (HttpContext http, ApiHost api, QueryEngine engine) => QueryEndpoints.ListAsync(http, api, engine, Kind))
            .WithName($"list-{plural}").WithSummary($"Lists {plural}: any field as a filter, sort, limit, after.").Produces<Page<TView>>().ProducesProblem(400);
        group.MapGet("{id}", GetAsync).WithName($"get-{Kind}").WithSummary($"One {Kind}.").Produces<TView>().ProducesProblem(404);
        group.MapGet("{id}/events", async (string id, HttpContext http, ApiHost api) =>
                // What projects share is held by VMs of all of them, and its history names them.
                TView.Type.ProjectField is null && !http.Caller.IsAdmin
                    ? Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", $"Only administrators see the history of {plural}."))
                    : await Events.ReadAsync(http, api, Kind, id, async () => http.Caller.IsAdmin || await api.FindAsync<TView>(http, id) is not null))
            .WithName($"events-of-{Kind}").WithSummary("What happened to it, who did it, when, and why.").Produces<Page<EventBody>>().ProducesProblem(404);
        MapTags(group);
        return group;
    }

    /// <summary>Adds create: the maker checks references and gives the change, or refuses.</summary>
    public RouteGroupBuilder MapCreate<TBody>(RouteGroupBuilder group, Func<TBody, HttpContext, Answer<Change>> make) where TBody : class
    {
        group.MapPost("", async (HttpContext http, ApiHost api) =>
        {
            var (body, problem) = await Body.ReadAsync<TBody>(http);
            if (problem is not null) return problem;
            return make(body!.Value, http) switch
            {
                Answer<Change>.Given { Value: var change } => await api.CompleteAsync(http, change, body.Fingerprint, async id =>
                    await api.FindAsync<TView>(http, id) is { } row ? TypedResults.Created($"/v1/{plural}/{id}", row) : await api.MissingAsync(http, Kind, id)),
                Answer<Change>.Refused { Reason: var why } => Problems.Of(why),
                _ => throw new InvalidOperationException("An answer is given or refused."),
            };
        }).WithName($"create-{Kind}").WithSummary($"Creates a {Kind}.").Accepts<TBody>("application/json")
            .Produces<TView>(201).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        return group;
    }

    /// <summary>Adds rename and delete and, where it makes sense, enable and disable.</summary>
    public RouteGroupBuilder MapChanges(RouteGroupBuilder group, bool canDisable)
    {
        group.MapPatch("{id}", async (string id, HttpContext http, ApiHost api) =>
        {
            var (body, problem) = await Body.ReadAsync<RenameBody>(http);
            if (problem is not null) return problem;
            return await ChangeAsync(http, api, RenameWorkflow.Name, id, new ResourceName(id, body!.Value.Name, body.Value.Description), body.Fingerprint);
        }).WithName($"rename-{Kind}").WithSummary("Changes name and description.").Accepts<RenameBody>("application/json").Produces<TView>().ProducesProblem(404);

        MapDelete(group);
        if (!canDisable) return group;
        group.MapPost("{id}/enable", (string id, HttpContext http, ApiHost api) =>
                ChangeAsync(http, api, EnableWorkflow.Name, id, new ResourceTarget(id), Body.Fingerprint(http.Request, [])))
            .WithName($"enable-{Kind}").WithSummary("It takes new things again.").Produces<TView>().ProducesProblem(404);
        group.MapPost("{id}/disable", (string id, HttpContext http, ApiHost api) =>
                ChangeAsync(http, api, DisableWorkflow.Name, id, new ResourceTarget(id), Body.Fingerprint(http.Request, [])))
            .WithName($"disable-{Kind}").WithSummary("It takes nothing new; what it carries goes on.").Produces<TView>().ProducesProblem(404);
        return group;
    }

    public void MapDelete(RouteGroupBuilder group)
    {
        var enabled = typeof(TView).GetProperty("Enabled");
        group.MapDelete("{id}", async (string id, HttpContext http, ApiHost api, IDependents dependents, [FromQuery] bool cascade = false, [FromQuery] bool dryRun = false) =>
        {
            if (!ResourceId.IsValid(id, Kind)) return await api.MissingAsync(http, Kind, id);
            // What is deleted in a way of its own has nothing standing on it.
            if (dryRun || (cascade && string.Equals(delete(id).Workflow, DeleteWorkflow.Name, StringComparison.Ordinal)))
            {
                if (await api.FindAsync<TView>(http, id) is not { } row) return await api.MissingAsync(http, Kind, id);
                return dryRun ? await DeletionBody.OfAsync(http, id, dependents) : await api.AcceptAsync(http,
                    new Change(DeleteCascadeWorkflow.Name, id, Project: null, new CascadeTarget(id, enabled?.GetValue(row) is true)), Body.Fingerprint(http.Request, []));
            }

            return await api.CompleteAsync(http, new Change(delete(id).Workflow, id, Project: null, delete(id).Input),
                Body.Fingerprint(http.Request, []), _ => Task.FromResult<IResult>(TypedResults.NoContent()));
        }).WithName($"delete-{Kind}").WithSummary("Deletes it; refused while something stands on it. With dryRun it says what that is; with cascade all of it goes along.")
            .Produces(204).Produces<DeletionBody>().Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    /// <summary>Submits a change of one resource and answers with its row.</summary>
    public async Task<IResult> ChangeAsync(HttpContext http, ApiHost api, string workflow, string id, object input, string fingerprint) =>
        !ResourceId.IsValid(id, Kind)
            ? await api.MissingAsync(http, Kind, id)
            : await api.CompleteAsync(http, new Change(workflow, id, Project: null, input), fingerprint, _ => GetAsync(id, http, api));

    private void MapTags(RouteGroupBuilder group)
    {
        group.MapPut("{id}/tags/{tag}", (string id, string tag, HttpContext http, ApiHost api) => TagAsync(http, api, TagWorkflow.Name, id, TagInPath.Of(http.Request, tag)))
            .WithName($"tag-{Kind}").WithSummary("Adds a tag: a key, or key::value. Once is enough.").Produces<TView>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapDelete("{id}/tags/{tag}", (string id, string tag, HttpContext http, ApiHost api) => TagAsync(http, api, UntagWorkflow.Name, id, TagInPath.Of(http.Request, tag)))
            .WithName($"untag-{Kind}").WithSummary("Takes a tag off; one that it does not have is off already.").Produces<TView>().ProducesProblem(400).ProducesProblem(404);
    }

    private async Task<IResult> TagAsync(HttpContext http, ApiHost api, string workflow, string id, string tag)
    {
        string? project = null;
        if (ownerOf is not null)
        {
            if (await api.FindAsync<TView>(http, id) is not { } row) return await api.MissingAsync(http, Kind, id);
            project = ownerOf(row);
        }
        else if (!ResourceId.IsValid(id, Kind))
        {
            return await api.MissingAsync(http, Kind, id);
        }

        return await api.CompleteAsync(http, new Change(workflow, id, project, new ResourceTag(id, tag)),
            Body.Fingerprint(http.Request, Encoding.UTF8.GetBytes(tag)), _ => GetAsync(id, http, api));
    }

    private async Task<IResult> GetAsync(string id, HttpContext http, ApiHost api) =>
        await api.WaitAsync(http) ?? (await api.FindAsync<TView>(http, id) is { } row ? TypedResults.Ok(show(row)) : await api.MissingAsync(http, Kind, id));
}
