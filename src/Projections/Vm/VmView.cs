using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Vm;

/// <summary>One row per VM: what <c>GET /v1/vms</c> and the query language see. Sizes in bytes.</summary>
/// <param name="HostId">Where it runs; null where it does not.</param>
/// <param name="Address">Of its first NIC.</param>
/// <param name="OperationId">The last operation that changed it.</param>
/// <param name="ExpungeAt">When it is destroyed, if it is in the recycle bin and nobody recovers it.</param>
/// <param name="ErrorCode">Why its creation or its last change failed; null otherwise.</param>
public sealed record VmView(
    string Id, string Name, string? Description, string ProjectId, VmPhase State, int Cpus, Bytes Memory,
    string ImageId, string RootVolumeId, Bytes RootDisk, string? HostId, string? StorageId, string? Address, IReadOnlyList<NicRow> Nics,
    string OperationId, string? ErrorCode, string? ErrorDetail, DateTimeOffset? ExpungeAt, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<VmView>
{
    public static ViewType Type { get; } = new("vm", Version: 5,
    [
        new("project", "project", "projectId"), new("host", "host", "hostId"), new("image", "image", "imageId"),
        new("storage", "storage", "storageId"), new("rootVolume", "volume", "rootVolumeId") { Inverse = "rootOf" },
        new("operation", "op", "operationId") { Inverse = "subjectVms" }, new("nics.l3", "l3", "nics.l3Id") { Inverse = "nics" },
    ], ProjectField: "projectId", "projectId", "hostId", "nics.address", "tags")
    { Plural = "vms", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "vm");

    public static VmView? Apply(VmView? row, Recorded happened) => (happened.Event, row) switch
    {
        (VmRequested e, null) => new(happened.Stream, e.Name, e.Description, e.Project.Value, VmPhase.Creating, e.Cpus, e.Memory,
            e.Image.Value, e.RootVolume.Value, e.RootDisk, null, null, null,
            [.. e.Nics.Select(n => new NicRow(n.Nic, n.L3.Value, n.Mac, n.Address))], e.Operation.Value, null, null, null, [], happened.At, happened.At),
        (VmCreated e, { } r) => r with
        {
            State = VmPhase.Running,
            HostId = e.Host.Value,
            StorageId = e.Storage.Value,
            Address = e.Nics.Count > 0 ? e.Nics[0].Spec.Address : null,
            Nics = [.. e.Nics.Select(n => new NicRow(n.Spec.Id, n.L3.Value, n.Spec.Mac, n.Spec.Address))],
            UpdatedAt = happened.At,
        },
        (VmCreationFailed e, { } r) => r with { State = VmPhase.Failed, ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        (VmStarting e, { } r) => Changing(r, VmPhase.Starting, e.Operation.Value, happened),
        (VmStarted e, { } r) => r with { State = VmPhase.Running, HostId = e.Host.Value, UpdatedAt = happened.At },
        (VmStopping e, { } r) => Changing(r, VmPhase.Stopping, e.Operation.Value, happened),
        (VmStopped, { } r) => r with { State = VmPhase.Stopped, HostId = null, UpdatedAt = happened.At },
        (VmRebooting e, { } r) => Changing(r, VmPhase.Rebooting, e.Operation.Value, happened),
        (VmRebooted, { } r) => r with { State = VmPhase.Running, UpdatedAt = happened.At },
        (VmChangeUndone e, { } r) => r with
        {
            State = r.State is VmPhase.Resuming ? VmPhase.Paused : r.HostId is null ? VmPhase.Stopped : VmPhase.Running,
            ErrorCode = e.Error.Code,
            ErrorDetail = e.Error.Detail,
            UpdatedAt = happened.At,
        },
        (VmPausing e, { } r) => Changing(r, VmPhase.Pausing, e.Operation.Value, happened),
        (VmPaused, { } r) => r with { State = VmPhase.Paused, UpdatedAt = happened.At },
        (VmResuming e, { } r) => Changing(r, VmPhase.Resuming, e.Operation.Value, happened),
        (VmResumed, { } r) => r with { State = VmPhase.Running, UpdatedAt = happened.At },
        (VmMigrating e, { } r) => Changing(r, VmPhase.Migrating, e.Operation.Value, happened),
        (VmMigrated e, { } r) => r with { State = VmPhase.Running, HostId = e.Host.Value, UpdatedAt = happened.At },
        (VmResizing e, { } r) => Changing(r, VmPhase.Resizing, e.Operation.Value, happened),
        (VmResized e, { } r) => r with { State = VmPhase.Stopped, Cpus = e.Cpus, Memory = e.Memory, UpdatedAt = happened.At },
        (VmRecycling e, { } r) => Changing(r, VmPhase.Recycling, e.Operation.Value, happened),
        (VmRecycled e, { } r) => r with { State = VmPhase.Recycled, HostId = null, ExpungeAt = e.Until, UpdatedAt = happened.At },
        (VmRecovered e, { } r) => r with { State = VmPhase.Stopped, OperationId = e.Operation.Value, ExpungeAt = null, UpdatedAt = happened.At },
        (VmAttachingVolume e, { } r) => Changing(r, VmPhase.AttachingVolume, e.Operation.Value, happened),
        (VmDetachingVolume e, { } r) => Changing(r, VmPhase.DetachingVolume, e.Operation.Value, happened),
        (VmChangingDisk e, { } r) => Changing(r, VmPhase.ChangingDisk, e.Operation.Value, happened),
        (VmVolumeAttached or VmVolumeDetached or VmDiskChanged, { } r) => r with { State = r.HostId is null ? VmPhase.Stopped : VmPhase.Running, UpdatedAt = happened.At },
        (VmDestroying e, { } r) => Changing(r, VmPhase.Destroying, e.Operation.Value, happened),
        (VmDestroyed, _) => null,
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        _ => row,
    };

    private static VmView Changing(VmView row, VmPhase phase, string operation, Recorded happened) =>
        row with { State = phase, OperationId = operation, ErrorCode = null, ErrorDetail = null, UpdatedAt = happened.At };
}

/// <param name="Address">Null until it is allocated.</param>
public sealed record NicRow(string Id, string L3Id, string Mac, string? Address);
