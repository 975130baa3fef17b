using IaaS.Domain.Image;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Kvm;

/// <summary>Where files are on a host.</summary>
internal static class DiskFiles
{
    public static string FolderOf(string storagePath, DriverSettings settings) =>
        storagePath.Length > 0 ? storagePath : Path.Combine(settings.DataFolder, "storage");

    public static string Of(string storagePath, VolumeId volume, DriverSettings settings) =>
        Path.Combine(FolderOf(storagePath, settings), "volumes", volume.Value + ".qcow2");

    /// <summary>Of an image that was made of a volume. It is apart from the cache, which keeps what disks need after the image was deleted.</summary>
    public static string OfImage(string folder, string image) => Path.Combine(folder, "made", image + ".qcow2");

    public static string OfImage(string storagePath, ImageId image, DriverSettings settings) => OfImage(FolderOf(storagePath, settings), image.Value);
}
