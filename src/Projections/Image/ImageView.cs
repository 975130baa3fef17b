using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Image;

/// <summary>One row per image. Size is virtual, in bytes.</summary>
/// <param name="StorageId">That has it, and on which its VMs' root disks are made; null for an image that was taken in from elsewhere.</param>
public sealed record ImageView(
    string Id, string Name, string? Description, bool Enabled, string Location, string Format, Bytes Size, string? StorageId,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<ImageView>
{
    public static ViewType Type { get; } = new("image", Version: 3, [new("storage", "storage", "storageId")], ProjectField: null, "tags") { Plural = "images", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "image");

    public static ImageView? Apply(ImageView? row, Recorded happened) => (happened.Event, row) switch
    {
        (ImageCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Location, e.Format, e.Size, null, [], happened.At, happened.At),
        (ImageMade e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Location, e.Format, e.Size, e.Storage.Value, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
