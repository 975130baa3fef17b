using IaaS.Api.Kernel;
using IaaS.Commands.Network;
using IaaS.Domain.Cluster;
using IaaS.Domain.Network;
using IaaS.Domain.Zone;
using IaaS.Projections.Network;
using IaaS.Projections.Query;
using IaaS.Projections.Zone;

namespace IaaS.Api.Network;

/// <param name="Bridge">Name of the bridge on hosts, at most 15 characters.</param>
/// <param name="Vlan">1 to 4094; none for untagged.</param>
/// <param name="ClusterIds">On whose hosts it is realised; none for all of the zone.</param>
public sealed record CreateL2Body(
    string Name, string ZoneId, string Bridge, int? Vlan = null, IReadOnlyList<string>? ClusterIds = null, string? Id = null, string? Description = null);

public sealed class L2Endpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<L2View>("l2-networks");
        var group = api.Map(app);
        api.MapCreate<CreateL2Body>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateL2Body body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(L2Id.Kind);
        return http.Need<ZoneView>(body.ZoneId).Then<Change>(zone => new Change("l2.create", id, Project: null, new CreateL2(
            L2Id.Of(id), body.Name, body.Description, ZoneId.Of(zone.Id), [.. (body.ClusterIds ?? []).Select(ClusterId.Of)], body.Bridge, body.Vlan)));
    }
}
