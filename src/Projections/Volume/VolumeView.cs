using IaaS.Domain.Kernel;
using IaaS.Domain.Volume;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Volume;

/// <summary>One row per volume. Size is virtual, in bytes.</summary>
public sealed record VolumeView(
    string Id, string Name, string? Description, string ProjectId, string? VmId, string StorageId, string ImageId, Bytes Size, string Kind,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<VolumeView>
{
    public static ViewType Type { get; } = new("volume", Version: 2,
    [
        new("vm", "vm", "vmId"), new("storage", "storage", "storageId"), new("image", "image", "imageId"), new("project", "project", "projectId"),
    ], ProjectField: "projectId", "vmId", "projectId", "storageId", "tags")
    { Plural = "volumes", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "volume");

    public static VolumeView? Apply(VolumeView? row, Recorded happened) => (happened.Event, row) switch
    {
        (VolumeCreated e, null) => new(happened.Stream, e.Name, null, e.Project.Value, e.Vm.Value, e.Storage.Value, e.Image.Value, e.Size, "Root", [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
