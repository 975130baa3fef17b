using IaaS.Api.Kernel;
using IaaS.Commands.Cluster;
using IaaS.Domain.Cluster;
using IaaS.Domain.Zone;
using IaaS.Projections.Cluster;
using IaaS.Projections.Query;
using IaaS.Projections.Zone;

namespace IaaS.Api.Cluster;

public sealed record CreateClusterBody(string Name, string ZoneId, string? Id = null, string? Description = null);

public sealed class ClusterEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<ClusterView>("clusters");
        var group = api.Map(app);
        api.MapCreate<CreateClusterBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateClusterBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(ClusterId.Kind);
        return http.Need<ZoneView>(body.ZoneId).Then<Change>(zone =>
            new Change("cluster.create", id, Project: null, new CreateCluster(ClusterId.Of(id), body.Name, body.Description, ZoneId.Of(zone.Id))));
    }
}
