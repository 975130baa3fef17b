using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Kvm;

/// <summary>Plugs disks into domains and pulls them out. libvirt keeps what runs and what is defined apart; both are looked at.</summary>
internal sealed class DiskPlugs(KvmOptions options, DriverSettings settings, Virsh virsh, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AskGuestEvery = TimeSpan.FromSeconds(5);

    public string PathOf(DiskSpec disk) => Path.GetFullPath(DiskFiles.Of(disk.StoragePath, disk.Volume, settings));

    public async Task<Outcome> AttachAsync(VmId vm, DiskSpec disk, CancellationToken ct)
    {
        var (plugged, trouble) = await LookAsync(vm, PathOf(disk), ct);
        if (trouble is not null) return trouble;
        if (!plugged.Exists) return Outcome.Fail("vm.not-running", $"{vm} does not run here: it is not there.");
        if (!File.Exists(PathOf(disk))) return Outcome.Fail("disk.missing", $"{vm} cannot have {disk.Volume}: {PathOf(disk)} is not there.");
        List<string> where = [.. plugged is { Runs: true, Live: false } ? new[] { "--live" } : [], .. plugged.Defined ? [] : new[] { "--config" }];
        if (where.Count == 0) return new Outcome.Done(DomainXml.TargetOf(disk));

        var file = Path.Combine(settings.DataFolder, $"{disk.Volume}.xml");
        try
        {
            await File.WriteAllTextAsync(file, DomainXml.DataDisk(disk, PathOf(disk)).ToString(), ct);
            var ran = await virsh.RunAsync(ct, ["attach-device", DomainXml.UuidOf(vm.Value), file, .. where]);
            return ran.Ok ? new Outcome.Done(DomainXml.TargetOf(disk)) : Virsh.Failed(ran, $"attach {disk.Volume} to {vm}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A guest lets go of a disk when it likes: it is asked again until it has, for as long as the driver is patient.</summary>
    public async Task<Outcome> DetachAsync(VmId vm, DiskSpec disk, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var asked = TimeSpan.MinValue;
        var said = "";
        while (true)
        {
            var (plugged, trouble) = await LookAsync(vm, PathOf(disk), ct);
            if (trouble is not null) return trouble;
            if (plugged is { Live: false, Defined: false }) return new Outcome.Done();
            var waited = time.GetElapsedTime(began);
            if (waited >= options.GracePeriod) return Outcome.Fail("volume.held-by-guest", $"The guest of {vm} does not let go of {disk.Volume}. {said}".TrimEnd(), retry: true);
            if (asked == TimeSpan.MinValue || waited - asked >= AskGuestEvery)
            {
                List<string> where = [.. plugged.Live ? new[] { "--live" } : [], .. plugged.Defined ? new[] { "--config" } : []];
                said = (await virsh.RunAsync(ct, ["detach-disk", DomainXml.UuidOf(vm.Value), PathOf(disk), .. where])).Said;
                asked = waited;
            }

            await Task.Delay(LookEvery, time, ct);
        }
    }

    private async Task<(Plugged Plugged, Outcome? Trouble)> LookAsync(VmId vm, string path, CancellationToken ct)
    {
        var domain = DomainXml.UuidOf(vm.Value);
        var (state, trouble) = await virsh.StateAsync(domain, ct);
        if (state is null) return (default, trouble);
        var runs = state is not ("shut off" or "crashed");
        var defined = await virsh.RunAsync(ct, "domblklist", domain, "--inactive");
        if (!defined.Ok) return (default, Virsh.Failed(defined, $"disks of {vm}"));
        if (!runs) return (new(Exists: true, Runs: false, Live: false, Has(defined, path)), null);
        var live = await virsh.RunAsync(ct, "domblklist", domain);
        return live.Ok ? (new(Exists: true, Runs: true, Has(live, path), Has(defined, path)), null) : (default, Virsh.Failed(live, $"disks of {vm}"));
    }

    private static bool Has(Ran list, string path) => list.Output.Split('\n').Any(line => line.TrimEnd().EndsWith(' ' + path, StringComparison.Ordinal));

    private readonly record struct Plugged(bool Exists, bool Runs, bool Live, bool Defined);
}
