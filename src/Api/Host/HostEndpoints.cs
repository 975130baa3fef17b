using IaaS.Api.Kernel;
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

public sealed class HostEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<HostView>("hosts");
        var group = api.Map(app);
        api.MapCreate<CreateHostBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateHostBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(HostId.Kind);
        return http.Need<ClusterView>(body.ClusterId).Then<Change>(cluster => new Change("host.create", id, Project: null,
            new CreateHost(HostId.Of(id), body.Name, body.Description, ZoneId.Of(cluster.ZoneId), ClusterId.Of(cluster.Id), body.Driver,
                body.Cpus, body.Memory, body.CpuRatio, body.ReservedMemory ?? Bytes.Zero)));
    }
}
