using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Vm;
using IaaS.Domain.Vm;
using IaaS.Projections.Query;
using IaaS.Projections.Vm;

namespace IaaS.Api.Vm;

/// <param name="Force">True pulls the plug; false asks the guest first.</param>
public sealed record StopVmBody(bool Force = false);

/// <summary>A change of a VM takes its time: it is accepted with 202 and an operation to poll.</summary>
public sealed class VmEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = new ResourceApi<VmView>("vms", ownerOf: row => row.ProjectId).Map(app);
        group.MapPost("", CreateAsync).WithName("create-vm").WithSummary("Creates a VM and starts it.").Accepts<CreateVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapPatch("{id}", RenameAsync).WithName("rename-vm").WithSummary("Changes name and description.").Accepts<RenameBody>("application/json")
            .Produces<VmView>().ProducesProblem(404);
        group.MapDelete("{id}", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, DestroyVmWorkflow.Name, force: false))
            .WithName("destroy-vm").WithSummary("Stops it and takes everything of it away, for good.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/start", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, StartVmWorkflow.Name, force: false))
            .WithName("start-vm").WithSummary("Starts a stopped VM, on its last host if that has room.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/reboot", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, RebootVmWorkflow.Name, force: false))
            .WithName("reboot-vm").WithSummary("Restarts the guest.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/stop", StopAsync).WithName("stop-vm").WithSummary("Stops it; it keeps its disk and its addresses.").Accepts<StopVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateVmBody>(http);
        if (problem is not null) return problem;
        return body!.Value.Resolve(http) switch
        {
            Answer<Change>.Given { Value: var change } => await api.AcceptAsync(http, change, body.Fingerprint),
            Answer<Change>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static async Task<IResult> StopAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<StopVmBody>(http, optional: true);
        return problem ?? await ChangeAsync(http, api, id, StopVmWorkflow.Name, body!.Value.Force, body.Fingerprint);
    }

    private static async Task<IResult> RenameAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<RenameBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        return await api.CompleteAsync(http, new Change(RenameVmWorkflow.Name, id, row.ProjectId, new RenameVm(VmId.Of(id), body!.Value.Name, body.Value.Description)),
            body.Fingerprint, async renamed => await api.FindAsync<VmView>(http, renamed) is { } now ? TypedResults.Ok(now) : await api.MissingAsync(http, VmId.Kind, renamed));
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, ApiHost api, string id, string workflow, bool force, string? fingerprint = null) =>
        await api.FindAsync<VmView>(http, id) is { } row
            ? await api.AcceptAsync(http, new Change(workflow, id, row.ProjectId, new VmTarget(VmId.Of(id), force)), fingerprint ?? Body.Fingerprint(http.Request, []))
            : await api.MissingAsync(http, VmId.Kind, id);
}
