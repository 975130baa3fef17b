using IaaS.Api.Kernel;
using IaaS.Commands.Zone;
using IaaS.Domain.Zone;
using IaaS.Projections.Query;
using IaaS.Projections.Zone;

namespace IaaS.Api.Zone;

public sealed record CreateZoneBody(string Name, string? Id = null, string? Description = null);

public sealed class ZoneEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<ZoneView>("zones");
        var group = api.Map(app);
        api.MapCreate<CreateZoneBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateZoneBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(ZoneId.Kind);
        return new Change("zone.create", id, Project: null, new CreateZone(ZoneId.Of(id), body.Name, body.Description));
    }
}
