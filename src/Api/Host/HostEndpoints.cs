using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Host;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;
using IaaS.Projections.Cluster;
using IaaS.Projections.Host;
using IaaS.Projections.Query;

namespace IaaS.Api.Host;

/// <param name="Cpus">Logical processors.</param>
/// <param name="Memory">Physical, in bytes.</param>
/// <param name="Driver">The hypervisor driver. A host with an agent is not created here: its agent enrols it.</param>
/// <param name="CpuRatio">Virtual CPUs given away for each logical processor.</param>
/// <param name="ReservedMemory">Bytes kept for the host itself.</param>
public sealed record CreateHostBody(
    string Name, string ClusterId, int Cpus, Bytes Memory, string Driver = "simulator", int CpuRatio = 10, Bytes? ReservedMemory = null,
    string? Id = null, string? Description = null);

/// <param name="StopVms">What cannot be moved is stopped; otherwise it keeps the host from being maintained.</param>
public sealed record MaintenanceBody(bool StopVms = false);

public sealed class HostEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<HostView>("hosts");
        var group = api.Map(app);
        api.MapCreate<CreateHostBody>(group, Make);
        api.MapChanges(group, canDisable: true);
        group.MapPost("{id}/maintenance", MaintainAsync).WithName("maintain-host").WithSummary("Takes nothing new, and moves its VMs away; when the last has left it is in maintenance.")
            .Accepts<MaintenanceBody>("application/json").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapDelete("{id}/maintenance", (string id, HttpContext http, ApiHost host) =>
                api.ChangeAsync(http, host, EndMaintenanceWorkflow.Name, id, new HostUpkeep(HostId.Of(id)), Body.Fingerprint(http.Request, [])))
            .WithName("end-host-maintenance").WithSummary("It takes VMs again.").Produces<HostView>().ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> MaintainAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<MaintenanceBody>(http, optional: true);
        if (problem is not null) return problem;
        return ResourceId.IsValid(id, HostId.Kind)
            ? await api.AcceptAsync(http, new Change(MaintainHostWorkflow.Name, id, Project: null, new HostUpkeep(HostId.Of(id), body!.Value.StopVms)), body.Fingerprint)
            : await api.MissingAsync(http, HostId.Kind, id);
    }

    private static Answer<Change> Make(CreateHostBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(HostId.Kind);
        return http.Need<ClusterView>(body.ClusterId).Then<Change>(cluster => new Change("host.create", id, Project: null,
            new CreateHost(HostId.Of(id), body.Name, body.Description, ZoneId.Of(cluster.ZoneId), ClusterId.Of(cluster.Id), body.Driver,
                body.Cpus, body.Memory, body.CpuRatio, body.ReservedMemory ?? Bytes.Zero)));
    }
}
