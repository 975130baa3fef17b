using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Volume;
using IaaS.Domain.Volume;
using IaaS.Projections.Query;
using IaaS.Projections.Vm;
using IaaS.Projections.Volume;

namespace IaaS.Api.Volume;

/// <param name="VolumeId">A data volume of the VM's project that no VM has.</param>
public sealed record AttachVolumeBody(string VolumeId);

/// <summary>Root volumes come and go with their VMs; data volumes are made, attached, detached and deleted.</summary>
public sealed class VolumeEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = new ResourceApi<VolumeView>("volumes", ownerOf: row => row.ProjectId).Map(app);
        group.MapPost("", CreateAsync).WithName("create-volume").WithSummary("Makes an empty data volume.").Accepts<CreateVolumeBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapPatch("{id}", RenameAsync).WithName("rename-volume").WithSummary("Changes name and description.").Accepts<RenameBody>("application/json")
            .Produces<VolumeView>().ProducesProblem(404);
        group.MapDelete("{id}", DeleteAsync).WithName("delete-volume").WithSummary("Deletes a data volume that no VM has, for good.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        var vms = app.MapGroup("/v1/vms").WithTags("vms");
        vms.MapPost("{id}/volumes", AttachAsync).WithName("attach-volume").WithSummary("Gives a VM that runs or is stopped a data volume.").Accepts<AttachVolumeBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        vms.MapDelete("{id}/volumes/{volumeId}", DetachAsync).WithName("detach-volume").WithSummary("Takes a data volume from a VM; it stays as it is.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateVolumeBody>(http);
        if (problem is not null) return problem;
        return body!.Value.Resolve(http) switch
        {
            Answer<Change>.Given { Value: var change } => await api.AcceptAsync(http, change, body.Fingerprint),
            Answer<Change>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static async Task<IResult> RenameAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<RenameBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VolumeView>(http, id) is not { } row) return await api.MissingAsync(http, VolumeId.Kind, id);
        return await api.CompleteAsync(http, new Change(RenameWorkflow.Name, id, row.ProjectId, new ResourceName(id, body!.Value.Name, body.Value.Description)),
            body.Fingerprint, async renamed => await api.FindAsync<VolumeView>(http, renamed) is { } now ? TypedResults.Ok(now) : await api.MissingAsync(http, VolumeId.Kind, renamed));
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, ApiHost api) => await api.FindAsync<VolumeView>(http, id) is { } row
        ? await api.AcceptAsync(http, new Change(DeleteVolumeWorkflow.Name, id, row.ProjectId, new VolumeTarget(VolumeId.Of(id))), Body.Fingerprint(http.Request, []))
        : await api.MissingAsync(http, VolumeId.Kind, id);

    private static async Task<IResult> AttachAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<AttachVolumeBody>(http);
        return problem ?? await ChangeAsync(http, api, AttachVolumeWorkflow.Name, id, body!.Value.VolumeId, body.Fingerprint);
    }

    private static Task<IResult> DetachAsync(string id, string volumeId, HttpContext http, ApiHost api) =>
        ChangeAsync(http, api, DetachVolumeWorkflow.Name, id, volumeId, Body.Fingerprint(http.Request, []));

    private static async Task<IResult> ChangeAsync(HttpContext http, ApiHost api, string workflow, string id, string volume, string fingerprint)
    {
        if (await api.FindAsync<VmView>(http, id) is not { } vm) return await api.MissingAsync(http, Domain.Vm.VmId.Kind, id);
        if (await api.FindAsync<VolumeView>(http, volume) is null) return await api.MissingAsync(http, VolumeId.Kind, volume);
        return await api.AcceptAsync(http, new Change(workflow, id, vm.ProjectId, new VmVolume(Domain.Vm.VmId.Of(id), VolumeId.Of(volume))), fingerprint);
    }
}
