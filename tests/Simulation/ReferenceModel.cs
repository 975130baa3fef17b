using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation;

/// <summary>
/// What clients believe: a VM is in the state that the last operation which succeeded on it leads to. It knows nothing of events,
/// steps and undos, so it is wrong in other ways than the product.
/// </summary>
public static class ReferenceModel
{
    private static readonly Dictionary<string, VmPhase> After = new(StringComparer.Ordinal)
    {
        [CreateVmWorkflow.Name] = VmPhase.Running,
        [StartVmWorkflow.Name] = VmPhase.Running,
        [RebootVmWorkflow.Name] = VmPhase.Running,
        [StopVmWorkflow.Name] = VmPhase.Stopped,
        [DestroyVmWorkflow.Name] = VmPhase.Destroyed,
        [ExpungeVmWorkflow.Name] = VmPhase.Destroyed,
        [PauseVmWorkflow.Name] = VmPhase.Paused,
        [ResumeVmWorkflow.Name] = VmPhase.Running,
        [MigrateVmWorkflow.Name] = VmPhase.Running,
        [ResizeVmWorkflow.Name] = VmPhase.Stopped,
        [RecycleVmWorkflow.Name] = VmPhase.Recycled,
        [RecoverVmWorkflow.Name] = VmPhase.Stopped,
        [FailOverVmWorkflow.Name] = VmPhase.Running,
    };

    /// <returns>Where the product differs.</returns>
    public static IEnumerable<string> Differences(SimMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        foreach (var difference in OfVolumes(machine).Concat(OfNics(machine))) yield return difference;
        foreach (var (vm, state) in machine.Ledger.Vms.All)
        {
            var expected = VmPhase.Failed;
            // Operations on a VM exclude each other, so they took effect in the order in which they began on it.
            foreach (var operation in machine.Store.Peek(vm).Select(e => e.Origin.Correlation).Distinct(StringComparer.Ordinal))
            {
                var (phase, started) = (machine.Ledger.Operations[operation].Phase, machine.Ledger.Operations[operation].Started);
                if (phase is OperationPhase.Succeeded && started is not null && After.TryGetValue(started.Workflow, out var next))
                    expected = IsStopped(started) ? VmPhase.Stopped : next;
            }

            // A guest whose host is lost, or that is missing there, is no client's doing.
            if (state.Phase is VmPhase.Unknown && expected is (VmPhase.Running or VmPhase.Paused)) continue;
            // Nor is what one does that was lost and found: it may have been started since, and not held again.
            if (state.Phase is VmPhase.Running && expected is VmPhase.Paused && machine.Store.Peek(vm).Any(e => e.Event is VmFound)) continue;
            if (state.Phase != expected) yield return $"{vm} is {state.Phase}; by what its operations answered it is {expected}";
        }
    }

    /// <summary>What NICs a VM has, by what succeeded on it.</summary>
    private static IEnumerable<string> OfNics(SimMachine machine)
    {
        foreach (var (vm, state) in machine.Ledger.Vms.All.Where(v => v.Value.Phase is not VmPhase.Destroyed))
        {
            SortedSet<string> expected = new(StringComparer.Ordinal);
            foreach (var operation in machine.Store.Peek(vm).Select(e => e.Origin.Correlation).Distinct(StringComparer.Ordinal))
            {
                if (machine.Ledger.Operations[operation] is not { Phase: OperationPhase.Succeeded, Started: { } started }) continue;
                if (started.Workflow is CreateVmWorkflow.Name) expected.UnionWith(started.Input.GetProperty("nics").EnumerateArray().Select(n => n.GetProperty("nic").GetString()!));
                else if (started.Workflow is AttachNicWorkflow.Name) expected.Add(started.Input.GetProperty("nic").GetProperty("nic").GetString()!);
                else if (started.Workflow is DetachNicWorkflow.Name) expected.Remove(started.Input.GetProperty("nic").GetString()!);
            }

            if (!expected.SetEquals(state.Nics.Select(n => n.Spec.Id))) yield return $"{vm} has the NICs {string.Join(", ", state.Nics.Select(n => n.Spec.Id))}; by what its operations answered {string.Join(", ", expected)}";
        }
    }

    /// <summary>Who has a data volume, by what succeeded on it.</summary>
    private static IEnumerable<string> OfVolumes(SimMachine machine)
    {
        foreach (var (volume, state) in machine.Ledger.Volumes.All.Where(v => !v.Value.IsRoot))
        {
            var expected = (Phase: VolumePhase.Failed, Vm: (string?)null);
            foreach (var operation in machine.Store.Peek(volume).Select(e => e.Origin.Correlation).Distinct(StringComparer.Ordinal))
            {
                if (machine.Ledger.Operations[operation] is not { Phase: OperationPhase.Succeeded, Started: { } started }) continue;
                expected = started.Workflow switch
                {
                    AttachVolumeWorkflow.Name => (VolumePhase.Attached, started.Subject),
                    CreateVolumeWorkflow.Name or DetachVolumeWorkflow.Name or DestroyVmWorkflow.Name or ExpungeVmWorkflow.Name => (VolumePhase.Detached, null),
                    DeleteVolumeWorkflow.Name => (VolumePhase.Deleted, null),
                    _ => expected,
                };
            }

            if ((state.Phase, state.Vm?.Value) != expected) yield return $"{volume} is {state.Phase} ({state.Vm}); by what its operations answered it is {expected}";
        }
    }

    /// <summary>A creation that was asked not to start it.</summary>
    private static bool IsStopped(OperationStarted started) =>
        started.Workflow is CreateVmWorkflow.Name && started.Input.TryGetProperty("stopped", out var stopped) && stopped.GetBoolean();
}
