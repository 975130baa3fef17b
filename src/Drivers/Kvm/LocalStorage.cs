using System.Globalization;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// Files on the host: <c>images/</c>, and thin qcow2 overlays of them and empty disks in <c>volumes/</c>, in the storage's folder. A cached image stays
/// when its last volume goes; removing images is not a wish yet.
/// </summary>
[Driver("storage", "local")]
public sealed class LocalStorage(KvmOptions options, DriverSettings settings, ImageCache images, TimeProvider time) : IStorage, ICanSnapshot, ICanMakeImages
{
    private readonly HostCommand command = new(time);
    private readonly QemuImages made = new(new(time), options.FetchLimit);
    private readonly QemuSnapshots snapshots = new(new(time), options.CommandLimit);

    public async Task<Outcome> EnsureDiskAsync(EnsureDisk wish, CancellationToken ct)
    {
        var disk = PathOf(wish.StoragePath, wish.Volume);
        if (File.Exists(disk)) return await GrowAsync(disk, wish.Size, ct);

        if (!wish.HasImage()) return await CreateAsync(wish, disk, ct);
        var (image, trouble) = await images.EnsureAsync(
            Path.GetFullPath(DiskFiles.FolderOf(wish.StoragePath, settings)), wish.ImageId, wish.ImageLocation, ct);
        if (image is null) return trouble!;
        if (image.VirtualSize > wish.Size.Value)
            return Outcome.Fail("disk.smaller-than-image", $"{wish.Volume} has {wish.Size}; its image needs {image.VirtualSize} bytes.");

        return await CreateAsync(wish, disk, ct, "-b", image.Path, "-F", image.Format);
    }

    public Task<Outcome> EnsureDiskAbsentAsync(EnsureDiskAbsent wish, CancellationToken ct)
    {
        var disk = DiskFiles.Of(wish.StoragePath, wish.Volume, settings);
        if (!Directory.Exists(Path.GetDirectoryName(disk))) return Task.FromResult<Outcome>(new Outcome.Done());
        try
        {
            File.Delete(disk);
            File.Delete(disk + ".part");
            return Task.FromResult<Outcome>(new Outcome.Done());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(Outcome.Fail("storage.failed", $"delete {wish.Volume}: {e.Message}", retry: true));
        }
    }

    public Task<Outcome> EnsureSnapshotAsync(EnsureSnapshot wish, CancellationToken ct) => snapshots.TakeAsync(PathOf(wish.StoragePath, wish.Volume), wish.Snapshot.Value, ct);

    public Task<Outcome> EnsureSnapshotAbsentAsync(EnsureSnapshotAbsent wish, CancellationToken ct) =>
        snapshots.RemoveAsync(PathOf(wish.StoragePath, wish.Volume), wish.Snapshot.Value, ct);

    public Task<Outcome> EnsureRevertedAsync(EnsureReverted wish, CancellationToken ct) => snapshots.RevertAsync(PathOf(wish.StoragePath, wish.Volume), wish.Snapshot.Value, ct);

    public Task<Outcome> EnsureImageAsync(EnsureImage wish, CancellationToken ct) =>
        made.MakeAsync(PathOf(wish.StoragePath, wish.Volume), Path.GetFullPath(DiskFiles.OfImage(wish.StoragePath, wish.Image, settings)), ct);

    public Task<Outcome> EnsureImageAbsentAsync(EnsureImageAbsent wish, CancellationToken ct) =>
        Task.FromResult(QemuImages.Remove(DiskFiles.OfImage(wish.StoragePath, wish.Image, settings)));

    private string PathOf(string storagePath, VolumeId volume) => Path.GetFullPath(DiskFiles.Of(storagePath, volume, settings));

    private async Task<Outcome> CreateAsync(EnsureDisk wish, string disk, CancellationToken ct, params IEnumerable<string> backing)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(disk)!);
        var part = disk + ".part";
        File.Delete(part);
        var created = await QemuImgAsync(ct, ["create", "-q", "-f", "qcow2", .. backing, part, wish.Size.Value.ToString(CultureInfo.InvariantCulture)]);
        if (!created.Ok) return Failed(created, $"create {wish.Volume}");
        File.Move(part, disk, overwrite: true);
        return new Outcome.Done(disk);
    }

    private async Task<Outcome> GrowAsync(string disk, Bytes size, CancellationToken ct)
    {
        var (info, trouble) = await QemuImage.InspectAsync(command, disk, options.CommandLimit, ct);
        if (info is null) return trouble!;
        if (info.VirtualSize >= size.Value) return new Outcome.Done(disk);
        var ran = await QemuImgAsync(ct, "resize", "-q", "-f", "qcow2", disk, size.Value.ToString(CultureInfo.InvariantCulture));
        return ran.Ok ? new Outcome.Done(disk) : Failed(ran, $"grow {disk}");
    }

    private Task<Ran> QemuImgAsync(CancellationToken ct, params IEnumerable<string> arguments) =>
        command.RunAsync("qemu-img", arguments, options.CommandLimit, ct);

    private static Outcome Failed(Ran ran, string asked) => Outcome.Fail("storage.failed", $"{asked}: {ran.Said}", retry: true);
}
