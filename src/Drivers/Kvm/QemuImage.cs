using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <param name="Format"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="VirtualSize">In bytes, as the guest sees it.</param>
internal sealed record QemuImage(string Path, string Format, long VirtualSize, bool RefersToOtherFiles)
{
    /// <summary>Looks at a file without locking it, so that a disk in use can be looked at.</summary>
    public static async Task<(QemuImage? Image, Outcome? Trouble)> InspectAsync(
        HostCommand command, string path, TimeSpan limit, CancellationToken ct)
    {
        var ran = await command.RunAsync("qemu-img", ["info", "--force-share", "--output=json", path], limit, ct);
        if (ran.Exit == HostCommand.NotFound) return (null, Outcome.Fail("storage.failed", $"{ran.Said} Install qemu-utils."));
        if (ran.TimedOut) return (null, Outcome.Fail("storage.failed", ran.Said, retry: true));
        if (!ran.Ok) return (null, NotAnImage(path, ran.Said));

        using var json = JsonDocument.Parse(ran.Output);
        var root = json.RootElement;
        var format = root.GetProperty("format").GetString()!;
        // To qemu-img everything is a raw image, a web page too. A disk that boots says so in its first sector.
        if (format is not "qcow2" && (format is not "raw" || !await BootsAsync(path, ct)))
            return (null, NotAnImage(path, $"It is '{format}'; a qcow2 image or a raw one with a boot sector is needed."));
        return (new QemuImage(path, format, root.GetProperty("virtual-size").GetInt64(), Refers(root)), null);
    }

    private static Outcome NotAnImage(string path, string why) =>
        Outcome.Fail("image.not-an-image", $"{System.IO.Path.GetFileName(path)} is not a disk image. {why}");

    private static bool Refers(JsonElement info) =>
        info.TryGetProperty("backing-filename", out _)
        || (info.TryGetProperty("format-specific", out var specific)
            && specific.TryGetProperty("data", out var data)
            && data.TryGetProperty("data-file", out _));

    private static async Task<bool> BootsAsync(string path, CancellationToken ct)
    {
        var sector = new byte[512];
        await using var file = File.OpenRead(path);
        return await file.ReadAtLeastAsync(sector, sector.Length, throwOnEndOfStream: false, ct) == sector.Length
            && sector is [.., 0x55, 0xAA];
    }
}
