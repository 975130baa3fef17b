using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <summary>Images made of disks: flat qcow2 files. One appears under its name only when it is whole.</summary>
internal sealed class QemuImages(HostCommand command, TimeSpan limit)
{
    public async Task<Outcome> MakeAsync(string disk, string image, CancellationToken ct)
    {
        if (File.Exists(image)) return new Outcome.Done(image);
        if (!File.Exists(disk)) return Outcome.Fail("disk.missing", $"{disk} is not there.");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(image)!);
            // The same name each time: what a crash left of an earlier attempt is overwritten.
            var part = image + ".part";
            // QEMU locks the file of a disk that a guest uses, and this respects that.
            var ran = await command.RunAsync("qemu-img", ["convert", "-q", "-f", "qcow2", "-O", "qcow2", disk, part], limit, ct);
            if (ran.Ok)
            {
                File.Move(part, image, overwrite: true);
                return new Outcome.Done(image);
            }

            File.Delete(part);
            return ran.Error.Contains("lock", StringComparison.OrdinalIgnoreCase)
                ? Outcome.Fail("volume.guest-runs", $"{disk} is used by a guest. Stop it first.")
                : Outcome.Fail("storage.failed", $"copy {disk}: {ran.Said}", retry: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Outcome.Fail("storage.failed", $"keep {image}: {e.Message}", retry: true);
        }
    }

    public static Outcome Remove(string image)
    {
        if (!Directory.Exists(Path.GetDirectoryName(image))) return new Outcome.Done();
        try
        {
            File.Delete(image);
            File.Delete(image + ".part");
            return new Outcome.Done();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Outcome.Fail("storage.failed", $"delete {image}: {e.Message}", retry: true);
        }
    }
}
