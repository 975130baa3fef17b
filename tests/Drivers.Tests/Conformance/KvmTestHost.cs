using System.Diagnostics;
using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Drivers.Kvm;

namespace IaaS.Drivers.Tests.Conformance;

/// <summary>
/// This machine as a host: libvirt, QEMU, files and a bridge of its own, and a guest that boots in seconds. One for all tests that
/// need it. Afterwards nothing of it is left, and libvirt's daemons run only if they ran before.
/// </summary>
public sealed class KvmTestHost : ITestHost, IAsyncLifetime
{
    private const string FolderStart = "/var/tmp/iaas-kvm-tests-";
    private const string BridgeStart = "iaast";

    private readonly string folder = string.Create(CultureInfo.InvariantCulture, $"{FolderStart}{Environment.ProcessId}");
    private KvmHypervisor hypervisor = null!;

    public HostDrivers Drivers { get; private set; } = null!;
    public string StoragePath => Path.Combine(folder, "storage");
    public string Image => Path.Combine(folder, "guest.qcow2");
    public string Bridge { get; } = string.Create(CultureInfo.InvariantCulture, $"{BridgeStart}{Environment.ProcessId}");
    public string DataFolder => Path.Combine(folder, "data");

    public async Task InitializeAsync()
    {
        await SweepAsync();
        Directory.CreateDirectory(DataFolder);
        var script = Path.Combine(AppContext.BaseDirectory, "make-guest.sh");
        var (exit, said) = await RunAsync("bash", script, Image);
        Assert.True(exit == 0, said);

        var settings = new DriverSettings(DataFolder);
        var options = new KvmOptions { GracePeriod = TimeSpan.FromSeconds(40) };
        var daemons = new LibvirtDaemons(options, TimeProvider.System);
        hypervisor = new KvmHypervisor(options, settings, daemons, TimeProvider.System);
        var storage = new LocalStorage(options, settings, new ImageCache(options, TimeProvider.System), TimeProvider.System);
        Drivers = new HostDrivers(hypervisor, storage, new LinuxBridge(options, TimeProvider.System));
        if (await hypervisor.PrepareAsync(CancellationToken.None) is Outcome.Failed { Error: var error }) Assert.Fail(error.Detail);
    }

    public async Task DisposeAsync()
    {
        await hypervisor.DisposeAsync();
        await RunAsync("ip", "link", "delete", "dev", Bridge);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Puts this machine on the guests' network, so that it reaches a guest on this bridge.</summary>
    public async Task JoinAsync(string guest)
    {
        await DoneAsync("ip", "address", "replace", "10.213.77.1/24", "dev", Bridge);
        // The guest by itself, for another bridge may have the same network: that of a run which was killed keeps its address.
        await DoneAsync("ip", "route", "replace", guest, "dev", Bridge);
    }

    public bool HasDisk(VolumeId volume) => File.Exists(Path.Combine(StoragePath, "volumes", $"{volume}.qcow2"));

    public async Task<IReadOnlyList<VolumeId>> DisksAsync(VmId vm)
    {
        var (exit, said) = await RunAsync("virsh", "-q", "-c", "qemu:///system", "domblklist", vm.Value);
        Assert.True(exit == 0, said);
        return [.. said.Split('\n').Where(l => l.TrimStart().StartsWith("sd", StringComparison.Ordinal)).Select(l => new VolumeId(Path.GetFileNameWithoutExtension(l.Trim())))];
    }

    public async Task<IReadOnlyList<string>> MacsAsync(VmId vm)
    {
        var (exit, said) = await RunAsync("virsh", "-q", "-c", "qemu:///system", "domiflist", vm.Value);
        Assert.True(exit == 0, said);
        return [.. said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[^1])];
    }

    public int Boots(VmId vm) => Console(vm).Count(line => line.StartsWith("IAAS-GUEST", StringComparison.Ordinal));

    // Emulated, on a machine that has other things to do.
    public Task UntilBootedAsync(VmId vm, int times) => Given.UntilAsync(() => Boots(vm) == times, $"boot {times} of {vm}", seconds: 180);

    public string[] Console(VmId vm)
    {
        var file = Path.Combine(DataFolder, "consoles", $"{vm}.log");
        return File.Exists(file) ? File.ReadAllText(file).Split('\n', StringSplitOptions.TrimEntries) : [];
    }

    /// <summary>Removes what runs that were killed have left: their folders and bridges.</summary>
    private static async Task SweepAsync()
    {
        foreach (var left in Directory.GetDirectories(Path.GetDirectoryName(FolderStart)!, Path.GetFileName(FolderStart) + "*"))
        {
            var process = left[FolderStart.Length..];
            if (Directory.Exists($"/proc/{process}")) continue;
            await RunAsync("ip", "link", "delete", "dev", BridgeStart + process);
            Directory.Delete(left, recursive: true);
        }
    }

    private static async Task DoneAsync(string program, params string[] arguments)
    {
        var (exit, said) = await RunAsync(program, arguments);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)}: {said}");
    }

    public static async Task<(int Exit, string Said)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}

[CollectionDefinition(Name)]
public sealed class OneKvmHost : ICollectionFixture<KvmTestHost>
{
    public const string Name = "one KVM host";
}
