using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <summary>Snapshots inside a qcow2 file. QEMU locks the file of a disk that a guest uses, and this respects that.</summary>
internal sealed class QemuSnapshots(HostCommand command, TimeSpan limit)
{
    public async Task<Outcome> TakeAsync(string disk, string snapshot, CancellationToken ct)
    {
        var (has, trouble) = await HasAsync(disk, snapshot, ct);
        return trouble ?? (has ? new Outcome.Done() : await RunAsync("-c", disk, snapshot, ct));
    }

    public async Task<Outcome> RemoveAsync(string disk, string snapshot, CancellationToken ct)
    {
        if (!File.Exists(disk)) return new Outcome.Done();
        var (has, trouble) = await HasAsync(disk, snapshot, ct);
        return trouble ?? (has ? await RunAsync("-d", disk, snapshot, ct) : new Outcome.Done());
    }

    public async Task<Outcome> RevertAsync(string disk, string snapshot, CancellationToken ct)
    {
        var (has, trouble) = await HasAsync(disk, snapshot, ct);
        return trouble ?? (has ? await RunAsync("-a", disk, snapshot, ct) : Outcome.Fail("snapshot.missing", $"{disk} has no {snapshot}."));
    }

    private async Task<(bool Has, Outcome? Trouble)> HasAsync(string disk, string snapshot, CancellationToken ct)
    {
        if (!File.Exists(disk)) return (false, Outcome.Fail("disk.missing", $"{disk} is not there."));
        var ran = await command.RunAsync("qemu-img", ["info", "--force-share", "--output=json", disk], limit, ct);
        if (!ran.Ok) return (false, Outcome.Fail("storage.failed", $"look at {disk}: {ran.Said}", retry: true));
        using var json = JsonDocument.Parse(ran.Output);
        return (json.RootElement.TryGetProperty("snapshots", out var all)
            && all.EnumerateArray().Any(s => string.Equals(s.GetProperty("name").GetString(), snapshot, StringComparison.Ordinal)), null);
    }

    private async Task<Outcome> RunAsync(string what, string disk, string snapshot, CancellationToken ct)
    {
        var ran = await command.RunAsync("qemu-img", ["snapshot", "-q", what, snapshot, disk], limit, ct);
        if (ran.Ok) return new Outcome.Done();
        return ran.Error.Contains("lock", StringComparison.OrdinalIgnoreCase)
            ? Outcome.Fail("volume.guest-runs", $"{disk} is used by a guest. Stop it first.")
            : Outcome.Fail("storage.failed", $"snapshot {what} {snapshot} of {disk}: {ran.Said}", retry: true);
    }
}
