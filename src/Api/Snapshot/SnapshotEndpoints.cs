using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Snapshot;
using IaaS.Domain.Project;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Volume;
using IaaS.Projections.Snapshot;
using IaaS.Projections.Volume;

namespace IaaS.Api.Snapshot;

public sealed record CreateSnapshotBody(string Name, string? Id = null, string? Description = null, IReadOnlyList<string>? Tags = null);

/// <summary>Snapshots of volumes, taken and reverted to while no guest writes.</summary>
public sealed class SnapshotEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = new ResourceApi<SnapshotView>("snapshots", ownerOf: row => row.ProjectId).Map(app);
        app.MapGroup("/v1/volumes").WithTags("volumes").MapPost("{id}/snapshots", CreateAsync)
            .WithName("create-snapshot").WithSummary("Keeps what a volume holds; its VM, if it has one, must be stopped.").Accepts<CreateSnapshotBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapPatch("{id}", RenameAsync).WithName("rename-snapshot").WithSummary("Changes name and description.").Accepts<RenameBody>("application/json")
            .Produces<SnapshotView>().ProducesProblem(404);
        group.MapPost("{id}/revert", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, RevertSnapshotWorkflow.Name))
            .WithName("revert-snapshot").WithSummary("Makes its volume hold what it held then; what was written since is gone.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapDelete("{id}", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, DeleteSnapshotWorkflow.Name))
            .WithName("delete-snapshot").WithSummary("Forgets what it kept; its volume stays as it is.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> CreateAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateSnapshotBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VolumeView>(http, id) is not { } volume) return await api.MissingAsync(http, VolumeId.Kind, id);
        var snapshot = body!.Value.Id ?? http.NewId(SnapshotId.Kind);
        return await api.AcceptAsync(http, new Change(CreateSnapshotWorkflow.Name, snapshot, volume.ProjectId, new SnapshotOrder(
            SnapshotId.Of(snapshot), body.Value.Name, body.Value.Description, VolumeId.Of(id), ProjectId.Of(volume.ProjectId), body.Value.Tags)), body.Fingerprint);
    }

    private static async Task<IResult> RenameAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<RenameBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<SnapshotView>(http, id) is not { } row) return await api.MissingAsync(http, SnapshotId.Kind, id);
        return await api.CompleteAsync(http, new Change(RenameWorkflow.Name, id, row.ProjectId, new ResourceName(id, body!.Value.Name, body.Value.Description)),
            body.Fingerprint, async renamed => await api.FindAsync<SnapshotView>(http, renamed) is { } now ? TypedResults.Ok(now) : await api.MissingAsync(http, SnapshotId.Kind, renamed));
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, ApiHost api, string id, string workflow) => await api.FindAsync<SnapshotView>(http, id) is { } row
        ? await api.AcceptAsync(http, new Change(workflow, id, row.ProjectId, new SnapshotTarget(SnapshotId.Of(id), VolumeId.Of(row.VolumeId))), Body.Fingerprint(http.Request, []))
        : await api.MissingAsync(http, SnapshotId.Kind, id);
}
