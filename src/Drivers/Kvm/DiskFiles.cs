using IaaS.Domain.Volume;

namespace IaaS.Drivers.Kvm;

/// <summary>Where files are on a host.</summary>
internal static class DiskFiles
{
    public static string FolderOf(string storagePath, DriverSettings settings) =>
        storagePath.Length > 0 ? storagePath : Path.Combine(settings.DataFolder, "storage");

    public static string Of(string storagePath, VolumeId volume, DriverSettings settings) =>
        Path.Combine(FolderOf(storagePath, settings), "volumes", volume.Value + ".qcow2");
}
