using IaaS.Domain.Kernel;
using IaaS.Domain.Volume;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Volume;

/// <summary>One row per volume. Size is virtual, in bytes.</summary>
/// <param name="VmId">Which has it, or is getting it; null where none has.</param>
/// <param name="StorageId">Null until its disk is made.</param>
/// <param name="ImageId">Of which it was made; null for one that began empty.</param>
/// <param name="Kind"><c>Root</c> or <c>Data</c>.</param>
/// <param name="OperationId">The last operation that changed it; null for a root volume.</param>
/// <param name="ErrorCode">Why its creation or its last change failed; null otherwise.</param>
public sealed record VolumeView(
    string Id, string Name, string? Description, string ProjectId, VolumePhase State, string? VmId, string? StorageId, string? ImageId, Bytes Size, string Kind,
    string? OperationId, string? ErrorCode, string? ErrorDetail,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<VolumeView>
{
    public static ViewType Type { get; } = new("volume", Version: 4,
    [
        new("vm", "vm", "vmId"), new("storage", "storage", "storageId"), new("image", "image", "imageId"), new("project", "project", "projectId"),
        new("operation", "op", "operationId") { Inverse = "subjectVolumes" },
    ], ProjectField: "projectId", "vmId", "projectId", "storageId", "tags")
    { Plural = "volumes", AlsoIndexed = ["imageId", "operationId"], Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "volume");

    public static VolumeView? Apply(VolumeView? row, Recorded happened) => (happened.Event, row) switch
    {
        (VolumeCreated e, null) => new(happened.Stream, e.Name, null, e.Project.Value, VolumePhase.Attached, e.Vm.Value, e.Storage.Value, e.Image.Value, e.Size, "Root",
            null, null, null, [], happened.At, happened.At),
        (VolumeRequested e, null) => new(happened.Stream, e.Name, e.Description, e.Project.Value, VolumePhase.Creating, null, null, null, e.Size, "Data",
            e.Operation.Value, null, null, [], happened.At, happened.At),
        (VolumeProvisioned e, { } r) => r with { State = VolumePhase.Detached, StorageId = e.Storage.Value, UpdatedAt = happened.At },
        (VolumeCreationFailed e, { } r) => r with { State = VolumePhase.Failed, ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        (VolumeAttaching e, { } r) => Changing(r, VolumePhase.Attaching, e.Operation.Value, happened) with { VmId = e.Vm.Value },
        (VolumeAttached e, { } r) => r with { State = VolumePhase.Attached, VmId = e.Vm.Value, UpdatedAt = happened.At },
        (VolumeDetaching e, { } r) => Changing(r, VolumePhase.Detaching, e.Operation.Value, happened),
        (VolumeDetached e, { } r) => r with { State = VolumePhase.Detached, VmId = null, OperationId = e.Operation.Value, UpdatedAt = happened.At },
        (VolumeChangeUndone e, { } r) => r with
        {
            State = r.State is VolumePhase.Attaching ? VolumePhase.Detached : Rest(r),
            VmId = r.State is VolumePhase.Attaching ? null : r.VmId,
            ErrorCode = e.Error.Code,
            ErrorDetail = e.Error.Detail,
            UpdatedAt = happened.At,
        },
        (VolumeSnapshotting e, { } r) => Changing(r, VolumePhase.Snapshotting, e.Operation.Value, happened),
        (VolumeReverting e, { } r) => Changing(r, VolumePhase.Reverting, e.Operation.Value, happened),
        (VolumeRemovingSnapshot e, { } r) => Changing(r, VolumePhase.RemovingSnapshot, e.Operation.Value, happened),
        (VolumeImaging e, { } r) => Changing(r, VolumePhase.Imaging, e.Operation.Value, happened),
        (VolumeSnapshotted or VolumeReverted or VolumeSnapshotRemoved or VolumeImaged, { } r) => r with { State = Rest(r), UpdatedAt = happened.At },
        (VolumeDeleting e, { } r) => Changing(r, VolumePhase.Deleting, e.Operation.Value, happened),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };

    private static VolumePhase Rest(VolumeView row) => row.VmId is null ? VolumePhase.Detached : VolumePhase.Attached;

    private static VolumeView Changing(VolumeView row, VolumePhase phase, string operation, Recorded happened) =>
        row with { State = phase, OperationId = operation, ErrorCode = null, ErrorDetail = null, UpdatedAt = happened.At };
}
