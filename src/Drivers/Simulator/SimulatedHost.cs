using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Simulator;

/// <param name="Spec">As it was last asked to run, with the disks and NICs that it has now.</param>
/// <param name="LastReboot">Task of the last reboot; empty before the first.</param>
/// <param name="Boots">How often the guest has started.</param>
/// <param name="Paused">It runs, and stands still.</param>
public sealed record SimulatedDomain(VmSpec Spec, bool Running, string LastReboot, int Boots, bool Paused = false);

/// <summary>What is on one simulated host. May be looked at and changed while wishes are carried out.</summary>
public sealed class SimulatedHost(SimulatedWorld world)
{
    private readonly Lock gate = new();
    private readonly Dictionary<VmId, SimulatedDomain> domains = [];
    private readonly HashSet<string> nics = new(StringComparer.Ordinal);
    private bool reachable = true;

    /// <summary>While false every wish fails with <c>host.not-connected</c> and nothing changes.</summary>
    public bool Reachable
    {
        get => Locked(h => h.reachable);
        set => Locked(h => h.reachable = value);
    }

    /// <summary>A copy of the domains.</summary>
    public IReadOnlyDictionary<VmId, SimulatedDomain> Domains => Locked(h => new Dictionary<VmId, SimulatedDomain>(h.domains));

    /// <summary>The disks that it reaches: those of its world.</summary>
    public IReadOnlyCollection<VolumeId> Disks => [.. world.Disks.Keys];

    /// <summary>The ids of its NICs.</summary>
    public IReadOnlyCollection<string> Nics => Locked(h => h.nics.ToArray());

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
        if (wish is not (EnsureMigrated or EnsureNotMigrated)) return ApplyAlone(wish);
        // A migration holds two hosts. One at a time in the whole world, so that two of them cannot wait for each other.
        lock (world.Migrating) return ApplyAlone(wish);
    }

    private Outcome? ApplyAlone(Wish wish)
    {
        lock (gate)
        {
            return reachable ? Carry(wish) : Outcome.Fail("host.not-connected", $"{wish.Host} cannot be reached.", retry: true);
        }
    }

    private Outcome? Carry(Wish wish) => wish switch
    {
        EnsureDisk disk => Keep(disk),
        EnsureDiskAbsent disk => Forget(disk.Volume),
        EnsureNic nic => Keep(nic),
        EnsureNicAbsent nic => Forget(nic),
        EnsureRunning run => Run(run.Spec),
        EnsureStopped stop => Stop(stop.Vm),
        EnsureRebooted reboot => Reboot(reboot),
        EnsureAbsent absent => Forget(domains, absent.Vm),
        EnsurePaused pause => Pause(pause.Vm, paused: true, pause.IfItRuns),
        EnsureResumed resume => Pause(resume.Vm, paused: false, resume.IfItRuns),
        EnsureMigrated move => Migrate(move),
        EnsureNotMigrated back => MigrateBack(back),
        EnsureSnapshot snapshot => Take(snapshot),
        EnsureSnapshotAbsent snapshot => Forget(snapshot),
        EnsureReverted revert => Revert(revert),
        EnsureImage image => Make(image),
        EnsureImageAbsent image => Forget(image),
        EnsureAttached plug => Attach(plug.Vm, plug.Disk),
        EnsureDetached pull => Detach(pull.Vm, pull.Disk),
        EnsureNicAttached plug => Attach(plug),
        EnsureNicDetached pull => Detach(pull),
        _ => Outcome.Fail("host.wish-not-supported", $"The simulator does not know {wish.GetType().Name}."),
    };

    private Outcome? Keep(EnsureDisk wish)
    {
        if (ImageOnStorage.Is(wish.ImageLocation) && !world.Forgetful && !world.Disks.ContainsKey(wish.Volume) && !world.Images.ContainsKey(wish.ImageId))
            return Outcome.Fail("image.not-found", $"{wish.ImageLocation} is not there.");
        world.Disks.TryAdd(wish.Volume, 0);
        return null;
    }

    private Outcome? Make(EnsureImage wish)
    {
        if (world.Images.ContainsKey(wish.Image.Value)) return null;
        if (!world.Forgetful && !world.Disks.ContainsKey(wish.Volume)) return Outcome.Fail("disk.missing", $"{wish.Volume} is not there.");
        if (IsUsed(wish.Volume)) return Outcome.Fail("volume.guest-runs", $"{wish.Volume} is used by a guest. Stop it first.");
        world.Images.TryAdd(wish.Image.Value, wish.Volume);
        return null;
    }

    private Outcome? Forget(EnsureImageAbsent wish)
    {
        world.Images.TryRemove(wish.Image.Value, out _);
        return null;
    }

    private Outcome? Forget(VolumeId disk)
    {
        world.Disks.TryRemove(disk, out _);
        foreach (var (snapshot, _) in world.Snapshots.Where(s => s.Value == disk)) world.Snapshots.TryRemove(snapshot, out var _);
        return null;
    }

    private Outcome? Take(EnsureSnapshot wish)
    {
        if (!world.Forgetful && !world.Disks.ContainsKey(wish.Volume)) return Outcome.Fail("disk.missing", $"{wish.Volume} is not there.");
        if (IsUsed(wish.Volume)) return Outcome.Fail("volume.guest-runs", $"{wish.Volume} is used by a guest. Stop it first.");
        world.Snapshots.TryAdd(wish.Snapshot, wish.Volume);
        return null;
    }

    private Outcome? Forget(EnsureSnapshotAbsent wish)
    {
        world.Snapshots.TryRemove(wish.Snapshot, out _);
        return null;
    }

    private Outcome? Revert(EnsureReverted wish)
    {
        if (IsUsed(wish.Volume)) return Outcome.Fail("volume.guest-runs", $"{wish.Volume} is used by a guest. Stop it first.");
        return world.Snapshots.ContainsKey(wish.Snapshot) ? null : Outcome.Fail("snapshot.missing", $"{wish.Volume} has no {wish.Snapshot}.");
    }

    /// <summary>By a guest that runs here; other hosts are not asked.</summary>
    private bool IsUsed(VolumeId volume) =>
        domains.Values.Any(d => d.Running && (d.Spec.RootVolume == volume || (d.Spec.Disks ?? []).Any(x => x.Volume == volume)));

    private Outcome? Attach(VmId vm, DiskSpec disk)
    {
        if (!domains.TryGetValue(vm, out var domain)) return world.Forgetful ? null : Outcome.Fail("vm.not-running", $"{vm} does not run here.");
        if (!world.Forgetful && !world.Disks.ContainsKey(disk.Volume)) return Outcome.Fail("disk.missing", $"{vm} cannot have {disk.Volume}: it is not there.");
        domains[vm] = domain with { Spec = domain.Spec with { Disks = [.. Others(domain, disk), disk] } };
        return null;
    }

    private Outcome? Detach(VmId vm, DiskSpec disk)
    {
        if (domains.TryGetValue(vm, out var domain)) domains[vm] = domain with { Spec = domain.Spec with { Disks = [.. Others(domain, disk)] } };
        return null;
    }

    private Outcome? Attach(EnsureNicAttached wish)
    {
        if (!domains.TryGetValue(wish.Vm, out var domain)) return world.Forgetful ? null : Outcome.Fail("vm.not-running", $"{wish.Vm} does not run here.");
        domains[wish.Vm] = domain with { Spec = domain.Spec with { Nics = [.. Others(domain, wish.Nic.Id), wish.Nic] } };
        return null;
    }

    private Outcome? Detach(EnsureNicDetached wish)
    {
        if (domains.TryGetValue(wish.Vm, out var domain)) domains[wish.Vm] = domain with { Spec = domain.Spec with { Nics = [.. Others(domain, wish.NicId)] } };
        return null;
    }

    private static IEnumerable<NicSpec> Others(SimulatedDomain domain, string nic) => domain.Spec.Nics.Where(n => n.Id != nic);

    private static IEnumerable<DiskSpec> Others(SimulatedDomain domain, DiskSpec disk) => (domain.Spec.Disks ?? []).Where(d => d.Volume != disk.Volume);

    private Outcome? Pause(VmId vm, bool paused, bool ifItRuns)
    {
        if (domains.GetValueOrDefault(vm) is not { Running: true } domain)
            return ifItRuns || (world.Forgetful && !domains.ContainsKey(vm)) ? null : Outcome.Fail("vm.not-running", $"{vm} does not run here.");
        domains[vm] = domain with { Paused = paused };
        return null;
    }

    /// <summary>In one moment: between the two nothing else happens to it.</summary>
    private Outcome? Migrate(EnsureMigrated wish)
    {
        var there = world.Host(wish.To);
        if (!domains.TryGetValue(wish.Spec.Vm, out var domain))
        {
            if (there.Domains.ContainsKey(wish.Spec.Vm)) return null;
            if (!world.Forgetful) return Outcome.Fail("vm.not-running", $"{wish.Spec.Vm} is neither here nor on {wish.To}.");
            domain = new SimulatedDomain(wish.Spec, Running: true, "", Boots: 1);
        }

        if (!domain.Running) return Outcome.Fail("vm.not-running", $"{wish.Spec.Vm} does not run here.");
        if (!there.Take(wish.Spec.Vm, domain)) return Outcome.Fail("host.not-connected", $"{wish.To} cannot be reached.", retry: true);
        domains.Remove(wish.Spec.Vm);
        return null;
    }

    private Outcome? MigrateBack(EnsureNotMigrated wish)
    {
        if (domains.ContainsKey(wish.Spec.Vm)) return null;
        var there = world.Host(wish.To);
        if (!there.Reachable) return Outcome.Fail("host.not-connected", $"{wish.Spec.Vm} is not here, and cannot be had from {wish.To}.", retry: true);
        if (there.Give(wish.Spec.Vm) is { } domain) domains[wish.Spec.Vm] = domain;
        else if (world.Forgetful) domains[wish.Spec.Vm] = new SimulatedDomain(wish.Spec, Running: true, "", Boots: 1);
        return null;
    }

    private SimulatedDomain? Give(VmId vm) => Locked(h => h.reachable && h.domains.Remove(vm, out var domain) ? domain : null);

    private bool Take(VmId vm, SimulatedDomain domain) => Locked(h => h.reachable && (h.domains[vm] = domain) is not null);

    private Outcome? Keep(EnsureNic wish)
    {
        nics.Add(wish.Nic.Id);
        return null;
    }

    private Outcome? Forget(EnsureNicAbsent wish)
    {
        nics.Remove(wish.NicId);
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
        foreach (var volume in (spec.Disks ?? []).Select(d => d.Volume).Prepend(spec.RootVolume))
        {
            if (!world.Forgetful && !world.Disks.ContainsKey(volume)) return Outcome.Fail("disk.missing", $"{spec.Vm} cannot start: {volume} is not there.");
        }

        domains[spec.Vm] = new SimulatedDomain(spec, Running: true, before?.LastReboot ?? "", (before?.Boots ?? 0) + 1);
        return null;
    }

    private Outcome? Stop(VmId vm)
    {
        if (domains.TryGetValue(vm, out var domain)) domains[vm] = domain with { Running = false, Paused = false };
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
