using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Image;

/// <summary>Where the bytes of an image are that was made of a volume: on one storage, under the image's id.</summary>
public static class ImageOnStorage
{
    private const string Scheme = "storage:";

    public static string Location(StorageId storage, ImageId image) => $"{Scheme}{storage}/{image}";

    public static bool Is(string location) => location.StartsWith(Scheme, StringComparison.Ordinal);
}

/// <summary>The storage has an image of what the disk held when that was first wished. No guest uses the disk.</summary>
/// <param name="StoragePath">As in <see cref="EnsureDisk"/>; of the disk and of the image.</param>
public sealed record EnsureImage(HostId Host, VolumeId Volume, string StoragePath, ImageId Image) : Wish(Host)
{
    public override string Subject() => Image.Value;
}

/// <summary>The storage does not have that image. Disks that were made of it stay.</summary>
public sealed record EnsureImageAbsent(HostId Host, string StoragePath, ImageId Image) : Wish(Host)
{
    public override string Subject() => Image.Value;
}
