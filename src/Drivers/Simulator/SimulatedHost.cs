using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Simulator;

/// <param name="Spec">As it was last asked to run.</param>
/// <param name="LastReboot">Task of the last reboot; empty before the first.</param>
/// <param name="Boots">How often the guest has started.</param>
public sealed record SimulatedDomain(VmSpec Spec, bool Running, string LastReboot, int Boots);

/// <summary>What is on one simulated host. May be looked at and changed while wishes are carried out.</summary>
/// <param name="assumesDisks">Whether a disk that it has never heard of is taken to be there.</param>
public sealed class SimulatedHost(bool assumesDisks = false)
{
    private readonly Lock gate = new();
    private readonly Dictionary<VmId, SimulatedDomain> domains = [];
    private readonly Dictionary<VolumeId, EnsureDisk> disks = [];
    private readonly Dictionary<string, EnsureNic> nics = new(StringComparer.Ordinal);
    private bool reachable = true;

    /// <summary>While false every wish fails with <c>host.not-connected</c> and nothing changes.</summary>
    public bool Reachable
    {
        get => Locked(h => h.reachable);
        set => Locked(h => h.reachable = value);
    }

    /// <summary>A copy of the domains.</summary>
    public IReadOnlyDictionary<VmId, SimulatedDomain> Domains => Locked(h => new Dictionary<VmId, SimulatedDomain>(h.domains));

    /// <summary>A copy of the disks.</summary>
    public IReadOnlyDictionary<VolumeId, EnsureDisk> Disks => Locked(h => new Dictionary<VolumeId, EnsureDisk>(h.disks));

    /// <summary>A copy of the NICs, by their id.</summary>
    public IReadOnlyDictionary<string, EnsureNic> Nics => Locked(h => new Dictionary<string, EnsureNic>(h.nics, StringComparer.Ordinal));

    /// <summary>The host loses power and comes back: disks and definitions are there, and nothing runs.</summary>
    public void PowerCycle() => Locked(h =>
    {
        foreach (var (id, domain) in h.domains) h.domains[id] = domain with { Running = false };
        return true;
    });

    /// <summary>A guest shuts itself down, or a person stops it behind the control plane's back.</summary>
    public void StopBehindTheBack(VmId vm) => Locked(h => h.domains[vm] = h.domains[vm] with { Running = false });

    internal Outcome? Apply(Wish wish)
    {
        lock (gate)
        {
            return reachable ? Carry(wish) : Outcome.Fail("host.not-connected", $"{wish.Host} cannot be reached.", retry: true);
        }
    }

    private Outcome? Carry(Wish wish) => wish switch
    {
        EnsureDisk disk => Keep(disk),
        EnsureDiskAbsent disk => Forget(disks, disk.Volume),
        EnsureNic nic => Keep(nic),
        EnsureNicAbsent nic => Forget(nics, nic.NicId),
        EnsureRunning run => Run(run.Spec),
        EnsureStopped stop => Stop(stop.Vm),
        EnsureRebooted reboot => Reboot(reboot),
        EnsureAbsent absent => Forget(domains, absent.Vm),
        _ => Outcome.Fail("host.wish-not-supported", $"The simulator does not know {wish.GetType().Name}."),
    };

    private Outcome? Keep(EnsureDisk wish)
    {
        disks.TryAdd(wish.Volume, wish);
        return null;
    }

    private Outcome? Keep(EnsureNic wish)
    {
        nics[wish.Nic.Id] = wish;
        return null;
    }

    private static Outcome? Forget<TKey, TValue>(Dictionary<TKey, TValue> from, TKey key) where TKey : notnull
    {
        from.Remove(key);
        return null;
    }

    private Outcome? Run(VmSpec spec)
    {
        var before = domains.GetValueOrDefault(spec.Vm);
        if (before is { Running: true }) return null;
        if (!assumesDisks && !disks.ContainsKey(spec.RootVolume))
            return Outcome.Fail("disk.missing", $"{spec.Vm} cannot start: {spec.RootVolume} is not on this host.");
        domains[spec.Vm] = new SimulatedDomain(spec, Running: true, before?.LastReboot ?? "", (before?.Boots ?? 0) + 1);
        return null;
    }

    private Outcome? Stop(VmId vm)
    {
        if (domains.TryGetValue(vm, out var domain)) domains[vm] = domain with { Running = false };
        return null;
    }

    private Outcome? Reboot(EnsureRebooted wish)
    {
        if (domains.GetValueOrDefault(wish.Spec.Vm) is { } before && before.LastReboot == wish.Task) return null;
        if (!domains.TryGetValue(wish.Spec.Vm, out var domain) || !domain.Running)
        {
            if (Run(wish.Spec) is { } refused) return refused;
            domain = domains[wish.Spec.Vm];
        }
        else
        {
            domain = domain with { Boots = domain.Boots + 1 };
        }

        domains[wish.Spec.Vm] = domain with { LastReboot = wish.Task };
        return null;
    }

    private T Locked<T>(Func<SimulatedHost, T> look)
    {
        lock (gate) return look(this);
    }
}
