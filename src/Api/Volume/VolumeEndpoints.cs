using IaaS.Api.Kernel;
using IaaS.Projections.Volume;

namespace IaaS.Api.Volume;

/// <summary>Root volumes come and go with their VMs.</summary>
public sealed class VolumeEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => new ResourceApi<VolumeView>("volumes", ownerOf: row => row.ProjectId).Map(app);
}
