using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Audit;

/// <summary>Something that must not be.</summary>
/// <param name="Code">Stable: <c>capacity.leaked</c>, <c>capacity.missing</c>, <c>address.twice</c> …</param>
/// <param name="Resource">That holds it.</param>
public sealed record AuditFinding(string Code, string Resource, string Detail);

/// <summary>
/// What holds in every cloud at every time: nothing is given away without an owner, no owner lacks what it should have, nothing is over its
/// capacity, no address is given twice, every sum adds up, every operation ends. What belongs to a VM or a volume that is being changed is left out:
/// it has more or less for that moment.
/// </summary>
public static class Invariants
{
    /// <summary>After its deadline an operation is being undone; what still has not ended by then is told.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(30);

    public static IReadOnlyList<AuditFinding> Of(CloudFold cloud, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cloud);
        List<AuditFinding> found = [];
        Pools(cloud, found);
        Snapshots(cloud, found);
        found.AddRange(cloud.Standing.Findings(cloud.Open.Values.Select(o => o.Started?.Subject).OfType<string>().ToHashSet(StringComparer.Ordinal)));
        Sums(cloud, found);
        found.AddRange(cloud.Networks.All.SelectMany(n => n.Value.Addresses.GroupBy(a => a.Value).Where(g => g.Count() > 1)
            .Select(g => new AuditFinding("address.twice", n.Key, $"{g.Key} is given to {string.Join(" and ", g.Select(a => a.Key))}."))));
        found.AddRange(cloud.Open.Where(o => o.Value.Started is { } s && now > s.Deadline + Grace)
            .Select(o => new AuditFinding("operation.overdue", o.Key, $"{o.Value.Started!.Workflow} of {o.Value.Started.Subject} is {o.Value.Phase}; it was to end by {o.Value.Started.Deadline:O}.")));
        found.AddRange(cloud.Vms.All.Where(v => v.Value.IsBusy && !cloud.Open.ContainsKey(v.Value.Operation))
            .Select(v => new AuditFinding("vm.stuck", v.Key, $"It is {v.Value.Phase} by {v.Value.Operation}, which has ended.")));
        found.AddRange(cloud.Volumes.All.Where(v => v.Value.IsBusy && !cloud.Open.ContainsKey(v.Value.Operation))
            .Select(v => new AuditFinding("volume.stuck", v.Key, $"It is {v.Value.Phase} by {v.Value.Operation}, which has ended.")));
        found.AddRange(cloud.Vms.All.Where(v => v.Value.Disks.DistinctBy(d => d.Slot).Count() != v.Value.Disks.Length)
            .Select(v => new AuditFinding("attachment.twice", v.Key, "Two of its volumes have one slot.")));
        return found;
    }

    /// <summary>Each allocation belongs to a VM or a data volume that should have it, and each of them has what it should.</summary>
    private static void Pools(CloudFold cloud, List<AuditFinding> found)
    {
        var there = cloud.Vms.All.Where(v => IsThere(v.Value)).ToList();
        var data = cloud.Volumes.All.Where(v => v.Value is { IsRoot: false, Phase: VolumePhase.Detached or VolumePhase.Attached }).ToList();
        var changing = Changing(cloud);
        Same(found, "capacity", changing,
            there.Where(v => v.Value.Host is not null).Select(v => (v.Value.Host!.Value.Value, v.Key, $"{v.Value.Requested!.Cpus} CPUs and {v.Value.Requested.Memory}")),
            cloud.Hosts.All.SelectMany(h => h.Value.Reservations.Select(r => (h.Key, r.Key, $"{r.Value.Cpus} CPUs and {r.Value.Memory}"))));
        Same(found, "space", changing,
            there.Select(v => (v.Value.Created!.Storage.Value, v.Value.Requested!.RootVolume.Value, v.Value.Requested.RootDisk.ToString()))
                .Concat(data.Select(v => (v.Value.Storage!.Value.Value, v.Key, v.Value.Size.ToString()))),
            cloud.Storages.All.SelectMany(s => s.Value.Volumes.Select(x => (s.Key, x.Key, x.Value.ToString()))));
        Same(found, "address", changing,
            there.SelectMany(v => v.Value.Nics.Select(n => (n.L3.Value, n.Spec.Id, n.Spec.Address))),
            cloud.Networks.All.SelectMany(n => n.Value.Addresses.Select(a => (n.Key, a.Key, a.Value.ToString()))));
        Same(found, "quota", changing,
            there.Select(v => (v.Value.Requested!.Project.Value, v.Key, Use(1, v.Value.Requested.Cpus, v.Value.Requested.Memory, v.Value.Requested.RootDisk)))
                .Concat(data.Select(v => (v.Value.Project.Value, v.Key, Use(0, 0, Bytes.Zero, v.Value.Size)))),
            cloud.Projects.All.SelectMany(p => p.Value.Uses.Select(u => (p.Key, u.Key, Use(u.Value.Vms, u.Value.Cpus, u.Value.Memory, u.Value.Storage)))));
        Same(found, "volume", changing,
            there.Select(v => (v.Value.Requested!.RootVolume.Value, v.Value.Requested.RootVolume.Value, "a root disk")),
            cloud.Volumes.All.Where(v => v.Value is { Existence: Existence.Present, IsRoot: true }).Select(v => (v.Key, v.Key, "a root disk")));
        Same(found, "attachment", changing,
            there.SelectMany(v => v.Value.Disks.Select(d => (v.Key, d.Volume.Value, "a place among its volumes"))),
            data.Where(v => v.Value.Phase is VolumePhase.Attached).Select(v => (v.Value.Vm!.Value.Value, v.Key, "a place among its volumes")));
    }

    /// <summary>A volume and its snapshots name each other.</summary>
    private static void Snapshots(CloudFold cloud, List<AuditFinding> found)
    {
        var changing = cloud.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Creating or SnapshotPhase.Deleting).Select(s => s.Key)
            .Concat(cloud.Volumes.All.Where(v => v.Value.IsBusy || cloud.Vms.All.GetValueOrDefault(v.Value.Vm?.Value ?? "") is { IsBusy: true }).SelectMany(v => v.Value.Snapshots)).ToHashSet(StringComparer.Ordinal);
        Same(found, "snapshot", changing,
            cloud.Volumes.All.Where(v => v.Value.Existence is Existence.Present).SelectMany(v => v.Value.Snapshots.Select(s => (v.Key, s, "a snapshot of it"))),
            cloud.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Ready).Select(s => (s.Value.Volume.Value, s.Key, "a snapshot of it")));
        found.AddRange(cloud.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Creating or SnapshotPhase.Deleting && !cloud.Open.ContainsKey(s.Value.Operation))
            .Select(s => new AuditFinding("snapshot.stuck", s.Key, $"It is {s.Value.Phase} by {s.Value.Operation}, which has ended.")));
    }

    private static string Use(int vms, int cpus, Bytes memory, Bytes storage) => $"{vms} VMs, {cpus} CPUs, {memory} and {storage}";

    /// <summary>What holds something of which more or less may be there for the moment.</summary>
    private static HashSet<string> Changing(CloudFold cloud)
    {
        var names = cloud.Vms.All.Where(v => v.Value.IsBusy).SelectMany(v => NamesOf(v.Key, v.Value)).ToHashSet(StringComparer.Ordinal);
        names.UnionWith(cloud.Volumes.All.Where(v => v.Value.IsBusy || (v.Value.Vm is { } vm && names.Contains(vm.Value))).Select(v => v.Key));
        return names;
    }

    private static void Sums(CloudFold cloud, List<AuditFinding> found)
    {
        foreach (var (id, host) in cloud.Hosts.All.Where(h => h.Value.Existence is Existence.Present))
        {
            if (host.UsedCpus != host.Reservations.Values.Sum(r => r.Cpus) || host.UsedMemory.Value != host.Reservations.Values.Sum(r => r.Memory.Value))
                found.Add(new("capacity.sum", id, $"{host.UsedCpus} CPUs and {host.UsedMemory} are not the sum of what it has given away."));
            if (host.Connected && (host.UsedCpus > host.Cpus || host.UsedMemory > host.Memory))
                found.Add(new("capacity.over", id, $"{host.UsedCpus} of {host.Cpus} CPUs and {host.UsedMemory} of {host.Memory} are given away."));
        }

        foreach (var (id, storage) in cloud.Storages.All)
        {
            if (storage.Used.Value != storage.Volumes.Values.Sum(v => v.Value)) found.Add(new("space.sum", id, $"{storage.Used} is not the sum of its volumes."));
        }

        foreach (var (id, project) in cloud.Projects.All)
        {
            if (project.Used.Cpus != project.Uses.Values.Sum(u => u.Cpus) || project.Used.Vms != project.Uses.Values.Sum(u => u.Vms)
                || project.Used.Memory.Value != project.Uses.Values.Sum(u => u.Memory.Value) || project.Used.Storage.Value != project.Uses.Values.Sum(u => u.Storage.Value))
                found.Add(new("quota.sum", id, $"{project.Used} is not the sum of its uses."));
        }
    }

    /// <summary>It has all that it stands on.</summary>
    private static bool IsThere(VmState vm) => vm.Phase is VmPhase.Running or VmPhase.Stopped or VmPhase.Paused or VmPhase.Recycled or VmPhase.Unknown;

    /// <summary>By which things are given to it.</summary>
    private static IEnumerable<string> NamesOf(string id, VmState vm) =>
        vm.Requested is { } asked ? [id, asked.RootVolume.Value, .. vm.NicIds, .. vm.Disks.Select(d => d.Volume.Value)] : [id];

    private static void Same(List<AuditFinding> found, string what, HashSet<string> changing,
        IEnumerable<(string From, string Holder, string Amount)> should, IEnumerable<(string From, string Holder, string Amount)> has)
    {
        var (expected, actual) = (should.Where(s => !changing.Contains(s.Holder)).ToHashSet(), has.Where(h => !changing.Contains(h.Holder)).ToHashSet());
        found.AddRange(expected.Except(actual).Select(m => new AuditFinding($"{what}.missing", m.From, $"{m.Holder} should have {m.Amount}.")));
        found.AddRange(actual.Except(expected).Select(l => new AuditFinding($"{what}.leaked", l.From, $"{l.Holder} has {l.Amount}, and should not.")));
    }
}
