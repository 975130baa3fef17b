using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Vm;

/// <summary>One row per VM: what <c>GET /v1/vms</c> and the query language see. Sizes in bytes.</summary>
/// <param name="StateBefore">The state before its last change began, to which it returns when that is undone.</param>
/// <param name="HostId">Where it runs; null where it does not.</param>
/// <param name="Address">Of its first NIC.</param>
/// <param name="OperationId">The last operation that changed it.</param>
/// <param name="ExpungeAt">When it is destroyed, if it is in the recycle bin and nobody recovers it.</param>
/// <param name="OnHostLoss">What becomes of it when its host is lost.</param>
/// <param name="UnknownSince">Since when nobody knows whether it runs.</param>
/// <param name="ErrorCode">Why its creation or its last change failed; null otherwise.</param>
public sealed record VmView(
    string Id, string Name, string? Description, string ProjectId, VmPhase State, VmPhase? StateBefore, int Cpus, Bytes Memory,
    string ImageId, string RootVolumeId, Bytes RootDisk, string? HostId, string? StorageId, string? Address, IReadOnlyList<NicRow> Nics,
    string OperationId, string? ErrorCode, string? ErrorDetail, DateTimeOffset? ExpungeAt, HostLossPolicy OnHostLoss, DateTimeOffset? UnknownSince, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<VmView>
{
    public static ViewType Type { get; } = new("vm", Version: 5,
    [
        new("project", "project", "projectId"), new("host", "host", "hostId"), new("image", "image", "imageId"),
        new("storage", "storage", "storageId"), new("rootVolume", "volume", "rootVolumeId") { Inverse = "rootOf" },
        new("operation", "op", "operationId") { Inverse = "subjectVms" }, new("nics.l3", "l3", "nics.l3Id") { Inverse = "nics" },
    ], ProjectField: "projectId", "projectId", "hostId", "nics.address", "tags")
    { Plural = "vms", AlsoIndexed = ["projectId,createdAt", "imageId", "storageId", "operationId"], SparselyIndexed = ["expungeAt"], Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "vm");

    public static VmView? Apply(VmView? row, Recorded happened) => (happened.Event, row) switch
    {
        (VmRequested e, null) => new(happened.Stream, e.Name, e.Description, e.Project.Value, VmPhase.Creating, null, e.Cpus, e.Memory,
            e.Image.Value, e.RootVolume.Value, e.RootDisk, null, null, null,
            [.. e.Nics.Select(n => new NicRow(n.Nic, n.L3.Value, n.Mac, n.Address))], e.Operation.Value, null, null, null, HostLossPolicy.Wait, null, [], happened.At, happened.At),
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
        (VmStarting e, { } r) => Changing(r, VmPhase.Starting, e.Operation.Value, happened.At),
        (VmStarted e, { } r) => r with { State = VmPhase.Running, HostId = e.Host.Value, UpdatedAt = happened.At },
        (VmStopping e, { } r) => Changing(r, VmPhase.Stopping, e.Operation.Value, happened.At),
        (VmStopped, { } r) => r with { State = VmPhase.Stopped, HostId = null, UnknownSince = null, UpdatedAt = happened.At },
        (VmRebooting e, { } r) => Changing(r, VmPhase.Rebooting, e.Operation.Value, happened.At),
        (VmRebooted, { } r) => r with { State = VmPhase.Running, UpdatedAt = happened.At },
        (VmChangeUndone e, { } r) => r with
        {
            State = r.StateBefore ?? r.State,
            ErrorCode = e.Error.Code,
            ErrorDetail = e.Error.Detail,
            UpdatedAt = happened.At,
        },
        (VmPausing e, { } r) => Changing(r, VmPhase.Pausing, e.Operation.Value, happened.At),
        (VmPaused, { } r) => r with { State = VmPhase.Paused, UpdatedAt = happened.At },
        (VmResuming e, { } r) => Changing(r, VmPhase.Resuming, e.Operation.Value, happened.At),
        (VmResumed, { } r) => r with { State = VmPhase.Running, UpdatedAt = happened.At },
        (VmMigrating e, { } r) => Changing(r, VmPhase.Migrating, e.Operation.Value, happened.At),
        (VmMigrated e, { } r) => r with { State = VmPhase.Running, HostId = e.Host.Value, UpdatedAt = happened.At },
        (VmResizing e, { } r) => Changing(r, VmPhase.Resizing, e.Operation.Value, happened.At),
        (VmResized e, { } r) => r with { State = VmPhase.Stopped, Cpus = e.Cpus, Memory = e.Memory, UpdatedAt = happened.At },
        (VmRecycling e, { } r) => Changing(r, VmPhase.Recycling, e.Operation.Value, happened.At),
        (VmRecycled e, { } r) => r with { State = VmPhase.Recycled, HostId = null, ExpungeAt = e.Until, UpdatedAt = happened.At },
        (VmRecovered e, { } r) => r with { State = VmPhase.Stopped, OperationId = e.Operation.Value, ExpungeAt = null, UpdatedAt = happened.At },
        (VmAttachingVolume e, { } r) => Changing(r, VmPhase.AttachingVolume, e.Operation.Value, happened.At),
        (VmDetachingVolume e, { } r) => Changing(r, VmPhase.DetachingVolume, e.Operation.Value, happened.At),
        (VmChangingDisk e, { } r) => Changing(r, VmPhase.ChangingDisk, e.Operation.Value, happened.At),
        (VmVolumeAttached or VmVolumeDetached or VmDiskChanged, { } r) => r with { State = r.HostId is null ? VmPhase.Stopped : VmPhase.Running, UpdatedAt = happened.At },
        (VmDestroying e, { } r) => Changing(r, VmPhase.Destroying, e.Operation.Value, happened.At),
        (VmDestroyed, _) => null,
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        ({ } e, { } r) => WithHostLoss(r, e, happened.At),
        _ => row,
    };

    private static VmView WithHostLoss(VmView row, IEvent e, DateTimeOffset at) => e switch
    {
        VmHostLossPolicySet x => row with { OnHostLoss = x.Policy, UpdatedAt = at },
        VmHostLost or VmMissing => row with { State = VmPhase.Unknown, UnknownSince = at, UpdatedAt = at },
        VmFound x => row with { State = x.Paused ? VmPhase.Paused : VmPhase.Running, UnknownSince = null, UpdatedAt = at },
        VmFailingOver x => Changing(row, VmPhase.FailingOver, x.Operation.Value, at),
        VmFailedOver x => row with { State = VmPhase.Running, HostId = x.Host.Value, UnknownSince = null, UpdatedAt = at },
        VmStrayClearing x => Changing(row, VmPhase.ClearingStray, x.Operation.Value, at),
        VmStrayCleared when row.State is VmPhase.ClearingStray => row with { State = row.StateBefore ?? row.State, UpdatedAt = at },
        _ => WithNics(row, e, at),
    };

    private static VmView WithNics(VmView row, IEvent e, DateTimeOffset at) => e switch
    {
        VmAttachingNic x => Changing(row, VmPhase.AttachingNic, x.Operation.Value, at),
        VmNicAttached x => Having(row, [.. row.Nics, new NicRow(x.Nic.Spec.Id, x.Nic.L3.Value, x.Nic.Spec.Mac, x.Nic.Spec.Address)], at),
        VmDetachingNic x => Changing(row, VmPhase.DetachingNic, x.Operation.Value, at),
        VmNicDetached x => Having(row, [.. row.Nics.Where(n => !string.Equals(n.Id, x.Nic, StringComparison.Ordinal))], at),
        _ => row,
    };

    private static VmView Having(VmView row, IReadOnlyList<NicRow> nics, DateTimeOffset at) => row with
    {
        State = row.HostId is null ? VmPhase.Stopped : VmPhase.Running,
        Address = nics.Count > 0 ? nics[0].Address : null,
        Nics = nics,
        UpdatedAt = at,
    };

    private static VmView Changing(VmView row, VmPhase phase, string operation, DateTimeOffset at) =>
        row with { State = phase, StateBefore = row.State, OperationId = operation, ErrorCode = null, ErrorDetail = null, UpdatedAt = at };
}

/// <param name="Address">Null until it is allocated.</param>
public sealed record NicRow(string Id, string L3Id, string Mac, string? Address);
