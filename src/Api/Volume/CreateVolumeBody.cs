using IaaS.Api.Kernel;
using IaaS.Api.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Volume;
using IaaS.Projections.Offering;
using IaaS.Projections.Project;
using IaaS.Projections.Query;
using IaaS.Projections.Storage;
using IaaS.Projections.Zone;

namespace IaaS.Api.Volume;

/// <summary>What <c>POST /v1/volumes</c> takes.</summary>
/// <param name="Size">In bytes; or say <paramref name="DiskOfferingId"/>.</param>
/// <param name="ProjectId">Whose it is; by default the token's, or <c>project-default</c>.</param>
/// <param name="ZoneId">Where it must be; so too, for administrators, <paramref name="StorageId"/>.</param>
public sealed record CreateVolumeBody(
    string Name, Bytes? Size = null, string? DiskOfferingId = null, string? ProjectId = null, string? ZoneId = null, string? StorageId = null,
    string? Id = null, string? Description = null, IReadOnlyList<string>? Tags = null)
{
    /// <summary>Resolves every name; refuses when one is of nothing.</summary>
    public Answer<Change> Resolve(HttpContext http)
    {
        var project = ProjectId ?? http.Caller.Project ?? CreateVmBody.DefaultProject;
        if (!http.Caller.IsAdmin && StorageId is not null) return new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators choose a storage.");
        if (http.Caller.Project is { } own && !string.Equals(own, project, StringComparison.Ordinal))
            return new Rejection(RejectionKind.NotFound, "project.not-found", $"There is no project '{project}'.");
        return http.Need<ProjectView>(project).Then(_ => Place(http)).Then(_ => Bytes(http)).Then<Change>(size => Order(http, project, size));
    }

    private Change Order(HttpContext http, string project, Bytes size)
    {
        var id = Id ?? http.NewId(VolumeId.Kind);
        return new Change(CreateVolumeWorkflow.Name, id, project,
            new VolumeOrder(VolumeId.Of(id), Name, Description, Domain.Project.ProjectId.Of(project), size, ZoneId, StorageId, Tags))
        { IdIsNew = Id is null };
    }

    private Answer<bool> Place(HttpContext http)
    {
        if (ZoneId is { } zone && http.Need<ZoneView>(zone) is Answer<ZoneView>.Refused { Reason: var noZone }) return noZone;
        if (StorageId is { } storage && http.Need<StorageView>(storage) is Answer<StorageView>.Refused { Reason: var noStorage }) return noStorage;
        return true;
    }

    private Answer<Bytes> Bytes(HttpContext http)
    {
        if (Size is null == DiskOfferingId is null) return new Rejection(RejectionKind.Invalid, "request.invalid", "Send a size (in bytes) or a diskOfferingId, one of the two.");
        if (Size is { } size) return size;
        return http.Need<DiskOfferingView>(DiskOfferingId!).Then<Bytes>(o => o.Enabled
            ? o.Size
            : new Rejection(RejectionKind.Conflict, $"{ResourceId.KindOf(o.Id)}.disabled", $"{o.Id} is disabled: nothing new is made of it."));
    }
}
