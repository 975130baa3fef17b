using System.Globalization;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// Whether guests run on KVM or are emulated. That the device is there says little: inside some virtual machines it works and is
/// a thousand times too slow. So a boot sector that only says goodbye is run on it once per boot of the host.
/// </summary>
internal sealed class Acceleration(KvmOptions options, DriverSettings settings, TimeProvider time)
{
    private const int Goodbye = 0x10;

    private static readonly TimeSpan PatienceWithEmulation = TimeSpan.FromSeconds(30);

    // What KVM may take at least, however quick emulation is: below that, starting QEMU is what is measured.
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(1);

    // mov dx, 0x501; mov al, 0x10; out dx, al; hlt
    private static readonly byte[] Code = [0xBA, 0x01, 0x05, 0xB0, Goodbye, 0xEE, 0xF4];

    private readonly Lock gate = new();
    private Task<string>? found = options.Acceleration is "auto" ? null : Task.FromResult(options.Acceleration);

    /// <returns>The domain type: <c>kvm</c> or <c>qemu</c>.</returns>
    public Task<string> DomainTypeAsync(CancellationToken ct)
    {
        lock (gate)
        {
            // Many may ask while the one probe runs; none of them may end it for the others.
            if (found is null or { IsFaulted: true }) found = RememberedAsync(CancellationToken.None);
            return found.WaitAsync(ct);
        }
    }

    private async Task<string> RememberedAsync(CancellationToken ct)
    {
        if (!File.Exists("/dev/kvm")) return "qemu";
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", ct)).Trim();
        var file = Path.Combine(settings.DataFolder, "acceleration");
        if (File.Exists(file) && (await File.ReadAllTextAsync(file, ct)).Trim().Split(' ') is [var ofBoot, var type] && ofBoot == boot) return type;

        var usable = await ProbeAsync(ct) ? "kvm" : "qemu";
        Directory.CreateDirectory(settings.DataFolder);
        await File.WriteAllTextAsync(file, $"{boot} {usable}\n", ct);
        return usable;
    }

    private async Task<bool> ProbeAsync(CancellationToken ct)
    {
        var sector = new byte[512];
        Code.CopyTo(sector, 0);
        sector[510] = 0x55;
        sector[511] = 0xAA;
        var disk = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"iaas-probe-{Environment.ProcessId}.img"));
        await File.WriteAllBytesAsync(disk, sector, ct);
        try
        {
            // Emulation says how busy the host is just now. KVM that takes twice as long is no use: it hardly computes here.
            var began = time.GetTimestamp();
            if (!await BootsAsync(disk, ["-accel", "tcg"], PatienceWithEmulation, ct)) return false;
            var limit = 2 * time.GetElapsedTime(began);
            return await BootsAsync(disk, ["-accel", "kvm", "-cpu", "host"], limit > AtLeast ? limit : AtLeast, ct);
        }
        finally
        {
            File.Delete(disk);
        }
    }

    private async Task<bool> BootsAsync(string disk, string[] accelerator, TimeSpan limit, CancellationToken ct)
    {
        var ran = await new HostCommand(time).RunAsync(
            "qemu-system-x86_64",
            [
                .. accelerator, "-machine", "pc", "-m", "16", "-nodefaults", "-display", "none", "-no-reboot",
                "-drive", $"file={disk},format=raw,if=ide", "-device", "isa-debug-exit,iobase=0x501,iosize=1",
            ],
            limit,
            ct);
        return ran.Exit == (Goodbye << 1 | 1);
    }
}
