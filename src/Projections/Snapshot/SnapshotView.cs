using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Snapshot;

/// <summary>One row per snapshot.</summary>
/// <param name="OperationId">The last operation that changed it.</param>
/// <param name="ErrorCode">Why its creation or its last change failed; null otherwise.</param>
public sealed record SnapshotView(
    string Id, string Name, string? Description, string ProjectId, SnapshotPhase State, string VolumeId,
    string OperationId, string? ErrorCode, string? ErrorDetail,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<SnapshotView>
{
    public static ViewType Type { get; } = new("snapshot", Version: 1,
    [
        new("volume", "volume", "volumeId"), new("project", "project", "projectId"), new("operation", "op", "operationId") { Inverse = "subjectSnapshots" },
    ], ProjectField: "projectId", "volumeId", "projectId", "tags")
    { Plural = "snapshots", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "snapshot");

    public static SnapshotView? Apply(SnapshotView? row, Recorded happened) => (happened.Event, row) switch
    {
        (SnapshotRequested e, null) => new(happened.Stream, e.Name, e.Description, e.Project.Value, SnapshotPhase.Creating, e.Volume.Value,
            e.Operation.Value, null, null, [], happened.At, happened.At),
        (SnapshotTaken, { } r) => r with { State = SnapshotPhase.Ready, UpdatedAt = happened.At },
        (SnapshotCreationFailed e, { } r) => r with { State = SnapshotPhase.Failed, ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        (SnapshotDeleting e, { } r) => r with { State = SnapshotPhase.Deleting, OperationId = e.Operation.Value, UpdatedAt = happened.At },
        // Of one that failed nothing has to be taken back, so its deletion is not undone.
        (SnapshotChangeUndone e, { } r) => r with { State = SnapshotPhase.Ready, ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
