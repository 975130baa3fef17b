using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Kvm;

/// <summary>Plugs NICs into domains and pulls them out. libvirt keeps what runs and what is defined apart; both are looked at.</summary>
internal sealed class NicPlugs(KvmOptions options, DriverSettings settings, Virsh virsh, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AskGuestEvery = TimeSpan.FromSeconds(5);

    public async Task<Outcome> AttachAsync(VmId vm, NicSpec nic, CancellationToken ct)
    {
        var (plugged, trouble) = await LookAsync(vm, nic.Mac, ct);
        if (trouble is not null) return trouble;
        if (!plugged.Exists) return Outcome.Fail("vm.not-running", $"{vm} does not run here: it is not there.");
        List<string> where = [.. plugged is { Runs: true, Live: false } ? new[] { "--live" } : [], .. plugged.Defined ? [] : new[] { "--config" }];
        if (where.Count == 0) return new Outcome.Done(DomainXml.TapOf(nic.Id));

        var file = Path.Combine(settings.DataFolder, $"{nic.Id}.xml");
        try
        {
            await File.WriteAllTextAsync(file, DomainXml.Nic(nic).ToString(), ct);
            var ran = await virsh.RunAsync(ct, ["attach-device", DomainXml.UuidOf(vm.Value), file, .. where]);
            if (ran.Ok) return new Outcome.Done(DomainXml.TapOf(nic.Id));
            return ran.Error.Contains("No more available PCI slots", StringComparison.Ordinal)
                ? Outcome.Fail("vm.no-free-slot", $"{vm} has no free slot for {nic.Id}: it was started with too few. Reboot it.")
                : Virsh.Failed(ran, $"attach {nic.Id} to {vm}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A guest lets go of a NIC when it likes: it is asked again until it has, for as long as the driver is patient.</summary>
    public async Task<Outcome> DetachAsync(EnsureNicDetached wish, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var asked = TimeSpan.MinValue;
        var said = "";
        while (true)
        {
            var (plugged, trouble) = await LookAsync(wish.Vm, wish.Mac, ct);
            if (trouble is not null) return trouble;
            if (plugged is { Live: false, Defined: false }) return new Outcome.Done();
            var waited = time.GetElapsedTime(began);
            if (waited >= options.GracePeriod) return Outcome.Fail("nic.held-by-guest", $"The guest of {wish.Vm} does not let go of {wish.NicId}. {said}".TrimEnd(), retry: true);
            if (asked == TimeSpan.MinValue || waited - asked >= AskGuestEvery)
            {
                List<string> where = [.. plugged.Live ? new[] { "--live" } : [], .. plugged.Defined ? new[] { "--config" } : []];
                said = (await virsh.RunAsync(ct, ["detach-interface", DomainXml.UuidOf(wish.Vm.Value), "bridge", "--mac", wish.Mac, .. where])).Said;
                asked = waited;
            }

            await Task.Delay(LookEvery, time, ct);
        }
    }

    private async Task<(Plugged Plugged, Outcome? Trouble)> LookAsync(VmId vm, string mac, CancellationToken ct)
    {
        var domain = DomainXml.UuidOf(vm.Value);
        var (state, trouble) = await virsh.StateAsync(domain, ct);
        if (state is null) return (default, trouble);
        var runs = state is not ("shut off" or "crashed");
        var defined = await virsh.RunAsync(ct, "domiflist", domain, "--inactive");
        if (!defined.Ok) return (default, Virsh.Failed(defined, $"NICs of {vm}"));
        if (!runs) return (new(Exists: true, Runs: false, Live: false, Has(defined, mac)), null);
        var live = await virsh.RunAsync(ct, "domiflist", domain);
        return live.Ok ? (new(Exists: true, Runs: true, Has(live, mac), Has(defined, mac)), null) : (default, Virsh.Failed(live, $"NICs of {vm}"));
    }

    private static bool Has(Ran list, string mac) => list.Output.Split('\n').Any(line => line.TrimEnd().EndsWith(' ' + mac, StringComparison.OrdinalIgnoreCase));

    private readonly record struct Plugged(bool Exists, bool Runs, bool Live, bool Defined);
}
