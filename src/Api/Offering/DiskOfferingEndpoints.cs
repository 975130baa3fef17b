using IaaS.Api.Kernel;
using IaaS.Commands.Offering;
using IaaS.Domain.Kernel;
using IaaS.Domain.Offering;
using IaaS.Projections.Offering;
using IaaS.Projections.Query;

namespace IaaS.Api.Offering;

/// <param name="Size">Bytes.</param>
public sealed record CreateDiskOfferingBody(string Name, Bytes Size, string? Id = null, string? Description = null);

public sealed class DiskOfferingEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<DiskOfferingView>("disk-offerings");
        var group = api.Map(app);
        api.MapCreate<CreateDiskOfferingBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateDiskOfferingBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(DiskOfferingId.Kind);
        return new Change("diskoffering.create", id, Project: null, new CreateDiskOffering(DiskOfferingId.Of(id), body.Name, body.Description, body.Size));
    }
}
