using IaaS.Commands.Audit;
using IaaS.Commands.Image;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation;

/// <summary>What must hold when a run has come to rest.</summary>
public static class Checks
{
    /// <summary>For steps past the point of no return, which are tried until they succeed.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromHours(2);

    /// <returns>What does not hold; empty when all is well.</returns>
    public static IReadOnlyList<string> Of(SimMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        List<string> wrong = [.. machine.Ledger.Violations, .. machine.Drivers.Violations, .. machine.Notes.Where(n => n.Contains(" threw (", StringComparison.Ordinal))];
        var ledger = machine.Ledger;
        wrong.AddRange(ledger.Open.Select(o => $"{o} ({ledger.Operations[o].Started!.Workflow}) is still open: {ledger.Operations[o].Phase}"));
        wrong.AddRange(machine.Acknowledged.Keys.Where(o => !ledger.Operations.Has(o)).Select(o => $"{o} was acknowledged and is not in the log"));
        wrong.AddRange(ledger.Vms.All.Where(v => v.Value.IsBusy || v.Value.Phase is VmPhase.Absent).Select(v => $"{v.Key} is left {v.Value.Phase}"));
        wrong.AddRange(ledger.Volumes.All.Where(v => v.Value.IsBusy || v.Value.Phase is VolumePhase.Absent).Select(v => $"{v.Key} is left {v.Value.Phase}"));
        wrong.AddRange(ledger.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Creating or SnapshotPhase.Deleting or SnapshotPhase.Absent).Select(s => $"{s.Key} is left {s.Value.Phase}"));
        wrong.AddRange(ledger.Operations.All.Keys.Where(o => !machine.Asked.Contains(o) && !machine.Asked.Any(a => o.StartsWith($"{a}-", StringComparison.Ordinal)) && ledger.Operations[o].Started!.Workflow is not (FailOverVmWorkflow.Name or ClearStrayWorkflow.Name)).Select(o => $"{o} was asked for by nobody"));
        wrong.AddRange(ledger.Hosts.All.Where(h => h.Value.Maintenance is HostMaintenance.Entering || (h.Value.Maintenance is HostMaintenance.In && h.Value.Reservations.Count > 0)).Select(h => $"{h.Key} is left {h.Value.Maintenance}, with {h.Value.Reservations.Count} VMs"));
        wrong.AddRange(ReferenceModel.Differences(machine));
        Ends(machine, wrong);
        Times(machine, wrong);
        wrong.AddRange(Invariants.Of(ledger.Cloud, machine.Scheduler.Now).Select(f => $"{f.Code}: {f.Resource}: {f.Detail}"));
        World(machine, wrong);
        return wrong;
    }

    /// <summary>An operation decides in time whether it succeeds, unless the control plane is away.</summary>
    private static void Times(SimMachine machine, List<string> wrong)
    {
        Dictionary<string, DateTimeOffset> due = new(StringComparer.Ordinal);
        foreach (var happened in machine.Store.Log)
        {
            if (happened.Event is OperationStarted { Deadline: var deadline }) due[happened.Stream] = deadline + SimMachine.LongOutage * machine.Faults.MostCrashes + Slack;
            else if (happened.Event is OperationSucceeded or StepFailed && due.Remove(happened.Stream, out var until) && happened.At > until) wrong.Add($"{happened.Stream} decided at {happened.At:O} only");
        }
    }

    /// <summary>What an operation says of itself is what it did.</summary>
    private static void Ends(SimMachine machine, List<string> wrong)
    {
        var ended = machine.Store.Log.Select(e => e.Event switch
        {
            VmCreated x => x.Operation.Value,
            VmStarted x => x.Operation.Value,
            // Where it was asked for, a creation ends with a VM that is stopped.
            VmStopped x when WorkflowOf(machine, x.Operation) is not CreateVmWorkflow.Name => x.Operation.Value,
            VmRebooted x => x.Operation.Value,
            VmDestroyed x => x.Operation.Value,
            VmPaused x => x.Operation.Value,
            VmResumed x => x.Operation.Value,
            VmMigrated x => x.Operation.Value,
            VmResized x => x.Operation.Value,
            VmRecycled x => x.Operation.Value,
            VmRecovered x => x.Operation.Value,
            VmFailedOver x => x.Operation.Value,
            VmStrayCleared x => x.Operation.Value,
            VmVolumeAttached x => x.Operation.Value,
            VmVolumeDetached x => x.Operation.Value,
            VmNicAttached x => x.Operation.Value,
            VmNicDetached x => x.Operation.Value,
            VolumeProvisioned x => x.Operation.Value,
            SnapshotTaken x => x.Operation.Value,
            VolumeReverted x => x.Operation.Value,
            ImageMade x => x.Operation.Value,
            // A root volume goes with its VM, and its snapshots.
            ResourceDeleted when machine.Ledger.Operations[e.Origin.Correlation].Started?.Workflow is DeleteVolumeWorkflow.Name or DeleteSnapshotWorkflow.Name or DeleteImageWorkflow.Name => e.Origin.Correlation,
            ResourceRenamed => e.Origin.Correlation,
            MaintenanceEntered x => x.Operation.Value,
            MaintenanceEnded { Error: null } => e.Origin.Correlation,
            _ => null,
        }).OfType<string>().ToList();
        wrong.AddRange(ended.CountBy(o => o).Where(o => o.Value > 1).Select(o => $"{o.Key} ended its change {o.Value} times"));
        var did = ended.ToHashSet(StringComparer.Ordinal);
        foreach (var (id, operation) in machine.Ledger.Operations.All.Where(o => o.Value.Started!.Workflow.Split('.')[0] is "vm" or "volume" or "snapshot" or "image" && o.Value.Started.Workflow is not (SetHostLossPolicyWorkflow.Name or CreateVmsWorkflow.Name or "image.create")))
        {
            // What has been deleted by another is deleted.
            if (operation.Started!.Workflow is DeleteImageWorkflow.Name && machine.Ledger.Images[operation.Started.Subject].Existence is Existence.Deleted) continue;
            if (operation.Phase is OperationPhase.Succeeded != did.Contains(id)) wrong.Add($"{id} says {operation.Phase}, and its change has {(did.Contains(id) ? "" : "not ")}happened");
        }
    }

    private static string? WorkflowOf(SimMachine machine, OperationId operation) => machine.Ledger.Operations[operation.Value].Started?.Workflow;

    /// <summary>The hosts have exactly what the log says.</summary>
    private static void World(SimMachine machine, List<string> wrong)
    {
        var vms = machine.Ledger.Vms.All;
        var running = vms.Where(v => v.Value.Phase is VmPhase.Running or VmPhase.Paused or VmPhase.Unknown).ToList();
        Same(wrong, "disks on hosts", vms.Where(v => IsThere(v.Value)).Select(v => v.Value.Requested!.RootVolume.Value).Concat(DataVolumes(machine.Ledger).Select(v => v.Key)), machine.Drivers.Disks);
        Same(wrong, "snapshots on disks", Snapshots(machine.Ledger), machine.Drivers.Snapshots);
        var images = machine.Ledger.Images.All.Where(i => i.Value is { Existence: Existence.Present, Storage: not null }).ToList();
        Same(wrong, "images on storages", images.Select(i => i.Key), machine.Drivers.Images);
        Same(wrong, "what stands on storages", images.Select(i => $"{i.Value.Storage}/{i.Key}"), machine.Ledger.Storages.All.SelectMany(s => s.Value.Dependents.Keys.Select(d => $"{s.Key}/{d}")));
        Same(wrong, "volumes of domains",
            running.Where(v => v.Value.Phase is not VmPhase.Unknown || machine.Drivers.Domains.ContainsKey($"{v.Value.Host}/{v.Key}")).SelectMany(v => v.Value.Disks.Select(d => $"{v.Value.Host}/{v.Key} {d.Volume}")),
            machine.Drivers.Plugged.SelectMany(p => p.Value.Select(v => $"{p.Key} {v}")));
        Same(wrong, "NICs on hosts", running.SelectMany(v => v.Value.Nics.Select(n => $"{v.Value.Host}/{n.Spec.Id}")), machine.Drivers.Nics);
        Same(wrong, "NICs of domains",
            running.Where(v => v.Value.Phase is not VmPhase.Unknown).SelectMany(v => v.Value.Nics.Select(n => $"{v.Value.Host}/{v.Key} {n.Spec.Id}")),
            machine.Drivers.Cards.Where(c => machine.Drivers.Domains[c.Key] is not DomainState.Off).SelectMany(c => c.Value.Select(n => $"{c.Key} {n}")));
        // Of one that nobody knows of the definition may be there.
        Same(wrong, "domains on hosts", running.Where(v => v.Value.Phase is not VmPhase.Unknown || machine.Drivers.Domains.ContainsKey($"{v.Value.Host}/{v.Key}"))
            .Select(v => $"{v.Value.Host}/{v.Key} {(v.Value.Phase is VmPhase.Unknown ? "Off" : v.Value.Phase)}"), machine.Drivers.Domains.Select(d => $"{d.Key} {d.Value}"));
    }

    private static IEnumerable<string> Snapshots(Ledger ledger) => ledger.Snapshots.All.Where(s => s.Value.Phase is SnapshotPhase.Ready).Select(s => $"{s.Value.Volume}/{s.Key}");

    /// <summary>Those that have a disk.</summary>
    private static IEnumerable<KeyValuePair<string, VolumeState>> DataVolumes(Ledger ledger) =>
        ledger.Volumes.All.Where(v => v.Value is { IsRoot: false, Phase: VolumePhase.Detached or VolumePhase.Attached });

    /// <summary>It has all that it stands on.</summary>
    private static bool IsThere(VmState vm) => vm.Phase is VmPhase.Running or VmPhase.Stopped or VmPhase.Unknown or VmPhase.Paused or VmPhase.Recycled;

    private static void Same(List<string> wrong, string what, IEnumerable<string> should, IEnumerable<string> has)
    {
        var (expected, actual) = (should.Order(StringComparer.Ordinal).ToList(), has.Order(StringComparer.Ordinal).ToList());
        wrong.AddRange(expected.Except(actual, StringComparer.Ordinal).Select(m => $"{what}: missing {m}"));
        wrong.AddRange(actual.Except(expected, StringComparer.Ordinal).Select(l => $"{what}: leaked {l}"));
        if (expected.Count != actual.Count) wrong.Add($"{what}: {actual.Count} instead of {expected.Count}");
    }
}
