using IaaS.Api.Kernel;
using IaaS.Commands.Project;
using IaaS.Domain.Project;
using IaaS.Projections.Project;
using IaaS.Projections.Query;

namespace IaaS.Api.Project;

/// <param name="Quota">Limits; none by default.</param>
public sealed record CreateProjectBody(string Name, Quota? Quota = null, string? Id = null, string? Description = null);

public sealed class ProjectEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<ProjectView>("projects");
        var group = api.Map(app);
        api.MapCreate<CreateProjectBody>(group, Make);
        api.MapChanges(group, canDisable: true);

        group.MapPut("{id}/quota", async (string id, HttpContext http, ApiHost host) =>
        {
            var (body, problem) = await Body.ReadAsync<Quota>(http);
            if (problem is not null) return problem;
            return await api.ChangeAsync(http, host, SetQuotaWorkflow.Name, id, new SetQuota(ProjectId.Of(id), body!.Value), body.Fingerprint);
        }).WithName("set-quota").WithSummary("Sets all limits; a field that is null or not sent is no limit.").Accepts<Quota>("application/json").Produces<ProjectView>();
    }

    private static Answer<Change> Make(CreateProjectBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(ProjectId.Kind);
        return new Change("project.create", id, Project: null, new CreateProject(ProjectId.Of(id), body.Name, body.Description, body.Quota ?? Quota.None));
    }
}
