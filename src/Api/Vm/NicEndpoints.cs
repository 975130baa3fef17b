using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Projections.Network;
using IaaS.Projections.Query;
using IaaS.Projections.Vm;
using L3 = IaaS.Domain.Network.L3Id;

namespace IaaS.Api.Vm;

/// <param name="L3Id">The layer-3 network.</param>
/// <param name="Address">An IPv4 address of one of the network's ranges; none for any.</param>
/// <param name="Id">Named after the VM: <c>nic-web-lan</c> for <c>vm-web</c>; none to get one.</param>
public sealed record AttachNicBody(string L3Id, string? Address = null, string? Id = null);

/// <summary>NICs come with their VM, or are attached to it and detached from it later.</summary>
public sealed class NicEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var vms = app.MapGroup("/v1/vms").WithTags("vms");
        vms.MapPost("{id}/nics", AttachAsync).WithName("attach-nic").WithSummary("Gives a VM that runs or is stopped a NIC with an address.").Accepts<AttachNicBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        vms.MapDelete("{id}/nics/{nicId}", DetachAsync).WithName("detach-nic").WithSummary("Takes a NIC from a VM; its address is given back.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> AttachAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<AttachNicBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } vm) return await api.MissingAsync(http, VmId.Kind, id);
        if (http.Need<L3View>(body!.Value.L3Id) is Answer<L3View>.Refused { Reason: var why }) return Problems.Of(why);
        if (body.Value.Id is { } own && !VmNicOrder.IsOwnName(VmId.Of(id), own))
            return Problems.Of(new Rejection(RejectionKind.Invalid, "request.invalid", $"The id of a NIC of {id} is 'nic-{id[(VmId.Kind.Length + 1)..]}-' and then lower-case letters and digits. Send such a one, or none to get one."));
        var nic = body.Value.Id ?? http.NewId("nic");
        return await api.AcceptAsync(http, new Change(AttachNicWorkflow.Name, id, vm.ProjectId,
            new VmNicOrder(VmId.Of(id), new NicRequest(nic, L3.Of(body.Value.L3Id), MacAddress.Of(nic), body.Value.Address))), body.Fingerprint);
    }

    private static async Task<IResult> DetachAsync(string id, string nicId, HttpContext http, ApiHost api) => await api.FindAsync<VmView>(http, id) is { } vm
        ? await api.AcceptAsync(http, new Change(DetachNicWorkflow.Name, id, vm.ProjectId, new VmNicTarget(VmId.Of(id), nicId)), Body.Fingerprint(http.Request, []))
        : await api.MissingAsync(http, VmId.Kind, id);
}
