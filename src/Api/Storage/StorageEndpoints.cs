using IaaS.Api.Kernel;
using IaaS.Commands.Storage;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;
using IaaS.Projections.Host;
using IaaS.Projections.Query;
using IaaS.Projections.Storage;
using IaaS.Projections.Zone;

namespace IaaS.Api.Storage;

/// <param name="Capacity">Bytes that can be given away, in virtual sizes of disks.</param>
/// <param name="ClusterIds">Whose hosts reach it; none for all of the zone.</param>
/// <param name="HostId">For a storage that is one host's own.</param>
/// <param name="Path">An absolute folder on the host, for drivers that want one.</param>
public sealed record CreateStorageBody(
    string Name, Bytes Capacity, string? ZoneId = null, IReadOnlyList<string>? ClusterIds = null, string? HostId = null,
    string Driver = "simulator", string Path = "", string? Id = null, string? Description = null);

public sealed class StorageEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<StorageView>("storages");
        var group = api.Map(app);
        api.MapCreate<CreateStorageBody>(group, Make);
        api.MapChanges(group, canDisable: true);
    }

    private static Answer<Change> Make(CreateStorageBody body, HttpContext http)
    {
        var id = body.Id ?? http.NewId(StorageId.Kind);
        if (body.HostId is { } hostId)
        {
            return http.Need<HostView>(hostId).Then<Change>(host => Change(body, id, host.ZoneId, [], HostId.Of(host.Id)));
        }

        return body.ZoneId is { } zoneId
            ? http.Need<ZoneView>(zoneId).Then<Change>(zone => Change(body, id, zone.Id, body.ClusterIds ?? [], host: null))
            : new Rejection(RejectionKind.Invalid, "request.missing-field", "A storage has a hostId, if it is one host's own, or a zoneId.");
    }

    private static Change Change(CreateStorageBody body, string id, string zone, IReadOnlyList<string> clusters, HostId? host) =>
        new("storage.create", id, Project: null, new CreateStorage(StorageId.Of(id), body.Name, body.Description, ZoneId.Of(zone),
            [.. clusters.Select(ClusterId.Of)], host, body.Driver, body.Path, body.Capacity));
}
