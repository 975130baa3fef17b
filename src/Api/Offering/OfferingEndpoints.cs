using IaaS.Api.Kernel;
using IaaS.Commands.Offering;
using IaaS.Domain.Kernel;
using IaaS.Domain.Offering;
using IaaS.Projections.Offering;
using IaaS.Projections.Query;

namespace IaaS.Api.Offering;

/// <param name="Memory">Bytes.</param>
public sealed record CreateOfferingBody(string Name, int Cpus, Bytes Memory, string? Id = null, string? Description = null);

public sealed class OfferingEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<OfferingView>("offerings");
        var group = api.Map(app);
        api.MapCreate<CreateOfferingBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateOfferingBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(OfferingId.Kind);
        return new Change("offering.create", id, Project: null, new CreateOffering(OfferingId.Of(id), body.Name, body.Description, body.Cpus, body.Memory));
    }
}
