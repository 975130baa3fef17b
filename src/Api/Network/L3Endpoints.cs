using IaaS.Api.Kernel;
using IaaS.Commands.Network;
using IaaS.Domain.Network;
using IaaS.Projections.Network;
using IaaS.Projections.Query;

namespace IaaS.Api.Network;

/// <param name="Cidr">For example <c>10.0.0.0/16</c>.</param>
/// <param name="Gateway">The guests' default route.</param>
public sealed record CreateL3Body(
    string Name, string L2Id, string Cidr, string? Gateway = null, string? Id = null, string? Description = null);

/// <param name="First">First and last address, both given away.</param>
/// <param name="Id">Names the range within its network; by default made from the addresses.</param>
public sealed record AddRangeBody(string First, string Last, string? Id = null);

public sealed class L3Endpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<L3View>("l3-networks");
        var group = api.Map(app);
        api.MapCreate<CreateL3Body>(group, Make);
        api.MapChanges(group, canDisable: true);

        group.MapPost("{id}/ranges", async (string id, HttpContext http, ApiHost host) =>
        {
            var (body, problem) = await Body.ReadAsync<AddRangeBody>(http);
            if (problem is not null) return problem;
            var range = body!.Value.Id ?? $"{body.Value.First}-{body.Value.Last}".Replace('.', '-');
            return await api.ChangeAsync(http, host, AddAddressRangeWorkflow.Name, id, new AddAddressRange(L3Id.Of(id), range, body.Value.First, body.Value.Last), body.Fingerprint);
        }).WithName("add-range").WithSummary("Adds addresses to give away.").Accepts<AddRangeBody>("application/json").Produces<L3View>().ProducesProblem(409);
        group.MapDelete("{id}/ranges/{range}", (string id, string range, HttpContext http, ApiHost host) => api.ChangeAsync(http, host,
                RemoveAddressRangeWorkflow.Name, id, new RemoveAddressRange(L3Id.Of(id), range), Body.Fingerprint(http.Request, [])))
            .WithName("remove-range").WithSummary("Takes addresses back; refused while one is taken.").Produces<L3View>().ProducesProblem(409);
    }

    private static Answer<Change> Make(CreateL3Body body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(L3Id.Kind);
        return http.Need<L2View>(body.L2Id).Then<Change>(l2 => new Change("l3.create", id, Project: null,
            new CreateL3(L3Id.Of(id), body.Name, body.Description, L2Id.Of(l2.Id), l2.Bridge, l2.Vlan, body.Cidr, body.Gateway)));
    }
}
