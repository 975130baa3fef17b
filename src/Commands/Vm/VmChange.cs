using System.Text.Json;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Vm;

/// <summary>What a workflow needs to know of the VM that it changes, as it was when the change began.</summary>
/// <param name="Host">Where it runs; null where it does not.</param>
/// <param name="Storage">Of its root disk; null for a VM that failed to be created, of which nothing is left.</param>
/// <param name="Disks">Its data volumes; null where a version that had none wrote it.</param>
/// <param name="NicIds">Of all NICs that it ever had; null where nobody asks.</param>
public sealed record VmFacts(
    VmId Vm, string Name, ProjectId Project, int Cpus, Bytes Memory, VolumeId RootVolume, Bytes RootDisk,
    HostId? Host, HostId? LastHost, StorageId? Storage, string StoragePath, IReadOnlyList<VmNic> Nics, HostLossPolicy OnHostLoss = HostLossPolicy.Wait,
    IReadOnlyList<VmDisk>? Disks = null, IReadOnlyList<string>? NicIds = null)
{
    public static VmFacts Of(VmState state) => new(
        state.Requested!.Vm, state.Requested.Name, state.Requested.Project, state.Requested.Cpus, state.Requested.Memory,
        state.Requested.RootVolume, state.Requested.RootDisk,
        state.Host, state.Host ?? state.Created?.Host, state.Created?.Storage, state.Created?.StoragePath ?? "", state.Nics, state.OnHostLoss, state.Disks);

    public static VmFacts Read(string json) => JsonSerializer.Deserialize<VmFacts>(json, DomainJson.Options)
        ?? throw new JsonException("The facts of a VM must not be null.");

    public string Write() => JsonSerializer.Serialize(this, DomainJson.Options);

    public VmSpec Spec => new(Vm, Name, Cpus, Memory, RootVolume, StoragePath, [.. Nics.Select(n => n.Spec)], OnHostLoss is HostLossPolicy.Restart,
        [.. (Disks ?? []).Select(d => new DiskSpec(d.Volume, d.StoragePath, d.Slot))]);

    /// <summary>For one more volume.</summary>
    public int FreeSlot() => Enumerable.Range(1, VmDisk.Most).First(s => (Disks ?? []).All(d => d.Slot != s));
}

/// <summary>What all changes of a VM's state have in common.</summary>
public static class VmChange
{
    /// <summary>Begins a change from one of some phases; its output is the VM's <see cref="VmFacts"/> as JSON.</summary>
    public static Decision Begin(VmState state, VmId vm, OperationId operation, string verb, VmPhase changing, IEvent begun, params ReadOnlySpan<VmPhase> from)
    {
        if (state.Phase is VmPhase.Absent) return Decision.Reject(RejectionKind.NotFound, "vm.not-found", $"There is no {vm}.");
        var mine = string.Equals(state.Operation, operation.Value, StringComparison.Ordinal);
        if (mine && state.Phase == changing) return Decision.Already(VmFacts.Of(state).Write());
        if (state.Phase is VmPhase.Destroyed) return Decision.Reject(RejectionKind.Gone, "vm.deleted", $"{vm} has been destroyed. Its history is still there.");
        if (state.IsBusy) return Decision.Reject(RejectionKind.Conflict, "vm.busy", $"{vm} is {state.Phase} by {state.Operation}. Wait for that to end.");
        foreach (var phase in from)
        {
            if (state.Phase == phase) return new Decision.Accepted([begun], VmFacts.Of(state).Write());
        }

        return Decision.Reject(RejectionKind.Conflict, "vm.wrong-state", $"{vm} is {state.Phase}; to {verb} it, it must be {string.Join(" or ", from.ToArray())}.");
    }

    /// <summary>
    /// Ends a change that this operation began. Said before, it changes nothing; nor when another operation has the VM, for no
    /// other can begin before this change has ended.
    /// </summary>
    public static Decision End(VmState state, OperationId operation, VmPhase changing, params IReadOnlyList<IEvent> ended) =>
        state.Phase == changing && string.Equals(state.Operation, operation.Value, StringComparison.Ordinal) ? Decision.Accept(ended) : Decision.Already();
}

/// <summary>A change that failed has been undone.</summary>
public sealed record UndoVmChange(VmId Vm, Rejection Error, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        string.Equals(state.Operation, Operation.Value, StringComparison.Ordinal) && state.IsChanging
            ? Decision.Accept(new VmChangeUndone(Error, Operation))
            : Decision.Already();
}

/// <summary>Names the VM that a workflow changes.</summary>
/// <param name="Force">For a stop: pull the plug at once.</param>
public sealed record VmTarget(VmId Vm, bool Force = false);
