using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;

namespace IaaS.Simulation;

/// <summary>What a domain does.</summary>
public enum DomainState { Off, Running, Paused }

/// <summary>What goes wrong with one wish.</summary>
public enum WishFault { None, Fails, FailsForGood, AnswerLost, FailsAfterEffect, Twice, Late }

/// <summary>
/// The hosts, as they are: disks, NICs and domains. It survives the crash of the control plane, and what was begun takes effect
/// nevertheless. Wishes about the same thing on the same host are carried out in the order in which they came.
/// </summary>
public sealed class SimDrivers(SimScheduler scheduler, Faults faults, Action<string> note) : IDrivers
{
    private readonly Lane lane = scheduler.NewLane();
    private readonly Dictionary<string, DateTimeOffset> busyUntil = new(StringComparer.Ordinal);
    private readonly HashSet<string> rebooted = new(StringComparer.Ordinal);

    /// <summary>By volume.</summary>
    public SortedSet<string> Disks { get; } = new(StringComparer.Ordinal);

    /// <summary>As host/NIC.</summary>
    public SortedSet<string> Nics { get; } = new(StringComparer.Ordinal);

    /// <summary>As host/VM.</summary>
    public SortedDictionary<string, DomainState> Domains { get; } = new(StringComparer.Ordinal);

    /// <summary>Data volumes, by the domain that has them.</summary>
    public SortedDictionary<string, SortedSet<string>> Plugged { get; } = new(StringComparer.Ordinal);

    /// <summary>NICs that guests have, by their domain.</summary>
    public SortedDictionary<string, SortedSet<string>> Cards { get; } = new(StringComparer.Ordinal);

    /// <summary>As volume/snapshot.</summary>
    public SortedSet<string> Snapshots { get; } = new(StringComparer.Ordinal);

    /// <summary>Made of disks.</summary>
    public SortedSet<string> Images { get; } = new(StringComparer.Ordinal);

    /// <summary>What no order of wishes may lead to.</summary>
    public IList<string> Violations { get; } = [];

    public Faults Faults { get; set; } = faults;

    /// <summary>Asked before each wish by tests that place a fault by hand.</summary>
    public Func<string, Wish, WishFault>? Next { get; set; }

    /// <summary>Which hosts are cut off, and what that does to their guests.</summary>
    public SimCuts Cuts { get; } = new(scheduler, note);

    public int Wishes { get; private set; }

    /// <summary>Wishes that did not go well.</summary>
    public int Faulted { get; private set; }

    public Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct)
    {
        Wishes++;
        var answer = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        ct.Register(() => answer.TrySetCanceled(ct));
        // To look waits for nothing, and a host that cannot be reached does nothing.
        if (Cuts.Reaches(wish) is { } unreached)
        {
            lane.After(TimeSpan.FromMilliseconds(100), () => answer.TrySetResult(unreached));
            return answer.Task;
        }

        if (wish is ObserveDomains { Host: var observed })
        {
            lane.After(TimeSpan.FromMilliseconds(100), () => answer.TrySetResult(Hits(Faults.WishFails) ? Answer(WishFault.Fails) : new Outcome.Done(Observe(observed.Value))));
            return answer.Task;
        }

        var fault = Next?.Invoke(task, wish) ?? Draw();
        if (fault is not WishFault.None) Faulted++;
        if (fault is not WishFault.None) note($"{task}: {wish.GetType().Name} {fault}");
        // Late: it takes effect after the operation that wished for it has given up.
        var takes = fault is WishFault.Late ? TimeSpan.FromMinutes(20) : TimeSpan.FromMilliseconds(Hits(Faults.WishSlow) ? scheduler.Chance.Next(1_000, 900_000) : scheduler.Chance.Next(1, 200));
        var begins = busyUntil.TryGetValue(Thing(wish), out var free) && free > scheduler.Now ? free : scheduler.Now;
        busyUntil[Thing(wish)] = begins + takes;
        lane.After(begins + takes - scheduler.Now, () =>
        {
            if (Cuts.Refuses(wish) is { } refused)
            {
                answer.TrySetResult(refused);
                return;
            }

            if (NotRunning(wish) is { } still)
            {
                answer.TrySetResult(still);
                return;
            }

            if (fault is not (WishFault.Fails or WishFault.FailsForGood)) Apply(task, wish);
            else ApplyHalf(wish);
            if (fault is WishFault.Twice) Apply(task, wish);
            // What was begun goes on while the host is cut off; its answer waits for the connection.
            if (fault is not WishFault.AnswerLost) lane.After(Cuts.Left(wish.Host.Value), () => answer.TrySetResult(Answer(fault)));
        });
        return answer.Task;
    }

    /// <summary>What is not running is neither paused nor resumed nor moved.</summary>
    private Outcome? NotRunning(Wish wish) => wish switch
    {
        EnsurePaused { IfItRuns: false } or EnsureResumed { IfItRuns: false } when !Runs(Thing(wish)) => Outcome.Fail("vm.not-running", $"{wish.Subject()} does not run."),
        EnsureMigrated w when !Runs(Thing(w)) && !Runs($"{w.To}/{w.Spec.Vm}") => Outcome.Fail("vm.not-running", $"{wish.Subject()} does not run."),
        _ => null,
    };

    private static Outcome Answer(WishFault fault) => fault switch
    {
        WishFault.Fails => Outcome.Fail("simulator.fault", "The device is busy.", retry: true),
        WishFault.FailsForGood => Outcome.Fail("simulator.fault", "The device is broken."),
        WishFault.FailsAfterEffect => Outcome.Fail("simulator.fault", "The device did it and says that it did not."),
        _ => new Outcome.Done(),
    };

    private static string Thing(Wish wish) => wish switch
    {
        EnsureDisk w => w.Volume.Value,
        EnsureDiskAbsent w => w.Volume.Value,
        EnsureSnapshot w => w.Volume.Value,
        EnsureSnapshotAbsent w => w.Volume.Value,
        EnsureReverted w => w.Volume.Value,
        EnsureImage or EnsureImageAbsent => wish.Subject(),
        EnsureNic w => $"{w.Host}/{w.Nic.Id}",
        EnsureNicAbsent w => $"{w.Host}/{w.NicId}",
        EnsureRunning w => $"{w.Host}/{w.Spec.Vm}",
        EnsureStopped w => $"{w.Host}/{w.Vm}",
        EnsureRebooted w => $"{w.Host}/{w.Spec.Vm}",
        EnsureAbsent w => $"{w.Host}/{w.Vm}",
        EnsurePaused w => $"{w.Host}/{w.Vm}",
        EnsureResumed w => $"{w.Host}/{w.Vm}",
        EnsureMigrated w => $"{w.Host}/{w.Spec.Vm}",
        EnsureNotMigrated w => $"{w.Host}/{w.Spec.Vm}",
        ObserveDomains w => w.Host.Value,
        EnsureAttached w => $"{w.Host}/{w.Vm}",
        EnsureDetached w => $"{w.Host}/{w.Vm}",
        EnsureNicAttached w => $"{w.Host}/{w.Vm}",
        EnsureNicDetached w => $"{w.Host}/{w.Vm}",
        _ => throw new SimulationException($"The simulated world knows no {wish.GetType().Name}: teach it."),
    };

    private void Apply(string task, Wish wish)
    {
        switch (wish)
        {
            case EnsureNic: Nics.Add(Thing(wish)); break;
            case EnsureNicAbsent w:
                if (Runs($"{w.Host}/{w.Vm}") && Cards[$"{w.Host}/{w.Vm}"].Contains(w.NicId)) Violations.Add($"{task} takes away the network of {w.NicId}, which a guest has");
                Nics.Remove(Thing(wish));
                break;
            case EnsureRunning w: Start(task, w.Host.Value, w.Spec); break;
            case EnsureRebooted w when rebooted.Add(w.Task): Start(task, w.Host.Value, w.Spec); break;
            case EnsureStopped when Domains.ContainsKey(Thing(wish)): Domains[Thing(wish)] = DomainState.Off; break;
            case EnsureAbsent:
                Domains.Remove(Thing(wish));
                Plugged.Remove(Thing(wish));
                Cards.Remove(Thing(wish));
                break;
            case EnsureAttached w when Domains.ContainsKey(Thing(wish)): Plug(task, Thing(wish), [w.Disk]); break;
            case EnsureNicAttached w when Domains.ContainsKey(Thing(wish)):
                if (!Nics.Contains($"{w.Host}/{w.Nic.Id}")) Violations.Add($"{task} gives {w.Vm} {w.Nic.Id}, whose network is not there");
                Cards[Thing(wish)].Add(w.Nic.Id);
                break;
            case EnsureNicDetached w: Cards.GetValueOrDefault(Thing(wish))?.Remove(w.NicId); break;
            case EnsureDetached w: Plugged.GetValueOrDefault(Thing(wish))?.Remove(w.Disk.Volume.Value); break;
            case EnsurePaused when Domains.TryGetValue(Thing(wish), out var runs) && runs is not DomainState.Off: Domains[Thing(wish)] = DomainState.Paused; break;
            case EnsureResumed when Domains.TryGetValue(Thing(wish), out var held) && held is not DomainState.Off: Domains[Thing(wish)] = DomainState.Running; break;
            case EnsureMigrated w: Move(task, w.Host, w.To, w.Spec); break;
            case EnsureNotMigrated w: Move(task, w.To, w.Host, w.Spec); break;
            default: ApplyToDisk(task, wish); break;
        }
    }

    private void ApplyToDisk(string task, Wish wish)
    {
        switch (wish)
        {
            case EnsureDisk: Disks.Add(Thing(wish)); break;
            case EnsureDiskAbsent w:
                if (UserOf(w.Volume.Value) is { } user) Violations.Add($"{task} takes away {w.Volume} while {user} runs");
                Disks.Remove(w.Volume.Value);
                Snapshots.RemoveWhere(s => s.StartsWith($"{w.Volume}/", StringComparison.Ordinal));
                break;
            case EnsureSnapshot w:
                Untouched(task, w.Volume.Value);
                Snapshots.Add($"{w.Volume}/{w.Snapshot}");
                break;
            case EnsureImage w when !Images.Contains(w.Image.Value):
                Untouched(task, w.Volume.Value);
                Images.Add(w.Image.Value);
                break;
            case EnsureImageAbsent w: Images.Remove(w.Image.Value); break;
            case EnsureSnapshotAbsent w: Snapshots.Remove($"{w.Volume}/{w.Snapshot}"); break;
            case EnsureReverted w:
                Untouched(task, w.Volume.Value);
                if (!Snapshots.Contains($"{w.Volume}/{w.Snapshot}")) Violations.Add($"{task} reverts {w.Volume} to {w.Snapshot}, which is not there");
                break;
        }
    }

    /// <summary>What fails is not always as it was before: a guest may be down, and not up again.</summary>
    private void ApplyHalf(Wish wish)
    {
        if (wish is EnsureRebooted { Task: var done } && !rebooted.Contains(done) && Domains.ContainsKey(Thing(wish))) Domains[Thing(wish)] = DomainState.Off;
        if (wish is EnsureRunning && Domains.TryAdd(Thing(wish), DomainState.Off)) Cards[Thing(wish)] = new(StringComparer.Ordinal);
    }

    private void Start(string task, string host, VmSpec spec)
    {
        if (!Disks.Contains(spec.RootVolume.Value)) Violations.Add($"{task} runs {spec.Vm} without its disk");
        foreach (var nic in spec.Nics.Where(n => !Nics.Contains($"{host}/{n.Id}"))) Violations.Add($"{task} runs {spec.Vm} without {nic.Id}");
        var elsewhere = Domains.Keys.FirstOrDefault(d => d.EndsWith($"/{spec.Vm}", StringComparison.Ordinal) && !d.StartsWith($"{host}/", StringComparison.Ordinal) && Domains[d] is not DomainState.Off);
        if (elsewhere is not null) Violations.Add($"{task} runs {spec.Vm} on {host} while it is also {elsewhere}");
        Plug(task, $"{host}/{spec.Vm}", spec.Disks ?? []);
        Cards[$"{host}/{spec.Vm}"] = new(spec.Nics.Select(n => n.Id), StringComparer.Ordinal);
        Domains[$"{host}/{spec.Vm}"] = DomainState.Running;
        Cuts.Leases(spec.Vm.Value, spec.Leased);
    }

    /// <summary>Its lease has ended: what needs one is stopped.</summary>
    public void LeaseEnds(string host)
    {
        foreach (var domain in Domains.Keys.Where(d => d.StartsWith($"{host}/", StringComparison.Ordinal) && Cuts.IsLeased(d)).ToList()) Domains[domain] = DomainState.Off;
    }

    /// <summary>The guest that writes to it. A definition that was left on a lost host does nothing.</summary>
    private string? UserOf(string volume) => Domains.Keys.FirstOrDefault(d => d.EndsWith($"/{VmOf(volume)}", StringComparison.Ordinal) && Runs(d))
        ?? Plugged.FirstOrDefault(p => p.Value.Contains(volume) && Runs(p.Key)).Key;

    private void Untouched(string task, string volume)
    {
        if (!Disks.Contains(volume)) Violations.Add($"{task} finds no {volume}");
        if (UserOf(volume) is { } user) Violations.Add($"{task} works on {volume} while {user} runs");
    }

    private void Plug(string task, string domain, IReadOnlyList<DiskSpec> disks)
    {
        if (!Plugged.TryGetValue(domain, out var plugged)) Plugged[domain] = plugged = new(StringComparer.Ordinal);
        foreach (var volume in disks.Select(d => d.Volume.Value))
        {
            if (!Disks.Contains(volume)) Violations.Add($"{task} gives {domain} {volume}, which is not there");
            if (Plugged.FirstOrDefault(p => p.Key != domain && p.Value.Contains(volume) && Runs(p.Key)).Key is { } other) Violations.Add($"{task} gives {domain} {volume}, which {other} has");
            plugged.Add(volume);
        }
    }

    private string Observe(string host) => JsonSerializer.Serialize(Domains.Where(d => d.Key.StartsWith($"{host}/", StringComparison.Ordinal))
        .Select(d => new FoundDomain(d.Key[(host.Length + 1)..], Ours: true, d.Value is not DomainState.Off, Cuts.IsLeased(d.Key), d.Value is DomainState.Paused)).ToList(), DomainJson.Options);

    /// <summary>What runs is moved, over whatever definition is left there; what does not run stays where it is.</summary>
    private void Move(string task, HostId from, HostId to, VmSpec spec)
    {
        if (!Runs($"{from}/{spec.Vm}")) return;
        foreach (var nic in spec.Nics.Where(n => !Nics.Contains($"{to}/{n.Id}"))) Violations.Add($"{task} moves {spec.Vm} to {to} without {nic.Id}");
        if (Runs($"{to}/{spec.Vm}")) Violations.Add($"{task} moves {spec.Vm} to {to}, where it runs already");
        Domains.Remove($"{from}/{spec.Vm}", out var state);
        Domains[$"{to}/{spec.Vm}"] = state;
        if (Cuts.HasNoLease(to.Value)) LeaseEnds(to.Value);
        if (Plugged.Remove($"{from}/{spec.Vm}", out var disks)) Plugged[$"{to}/{spec.Vm}"] = disks;
        if (Cards.Remove($"{from}/{spec.Vm}", out var nics)) Cards[$"{to}/{spec.Vm}"] = nics;
    }

    private bool Runs(string domain) => Domains.TryGetValue(domain, out var state) && state is not DomainState.Off;

    /// <summary>The simulation names a VM's root volume after it.</summary>
    private static string VmOf(string volume) => string.Concat("vm-", volume.AsSpan("volume-".Length));

    private WishFault Draw()
    {
        if (Hits(Faults.WishFails)) return WishFault.Fails;
        if (Hits(Faults.WishFailsForGood)) return WishFault.FailsForGood;
        if (Hits(Faults.WishAnswerLost)) return WishFault.AnswerLost;
        if (Hits(Faults.WishFailsAfterEffect)) return WishFault.FailsAfterEffect;
        return Hits(Faults.WishTwice) ? WishFault.Twice : WishFault.None;
    }

    private bool Hits(int share) => share > 0 && scheduler.Chance.Next(1_000) < share;
}
