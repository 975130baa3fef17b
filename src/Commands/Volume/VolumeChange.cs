using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

/// <summary>What a workflow needs to know of the volume that it changes, as it was when the change began.</summary>
/// <param name="Storage">Null for a volume that failed to be created, of which nothing is left.</param>
/// <param name="StoragePath">Empty for a root volume: its VM knows it.</param>
/// <param name="Vm">Which has it; null for none.</param>
public sealed record VolumeFacts(VolumeId Volume, ProjectId Project, Bytes Size, StorageId? Storage, string StoragePath, VmId? Vm = null)
{
    public static VolumeFacts Of(VolumeId volume, VolumeState state) => new(volume, state.Project, state.Size, state.Storage, state.StoragePath, state.Vm);

    public static VolumeFacts Read(string json) => JsonSerializer.Deserialize<VolumeFacts>(json, DomainJson.Options)
        ?? throw new JsonException("The facts of a volume must not be null.");

    public string Write() => JsonSerializer.Serialize(this, DomainJson.Options);
}

/// <summary>What all changes of a volume's state have in common.</summary>
public static class VolumeChange
{
    /// <summary>Begins a change that root volumes do not take.</summary>
    public static Decision BeginOfData(VolumeState state, VolumeId volume, OperationId operation, string verb, VolumePhase changing, IEvent begun, params ReadOnlySpan<VolumePhase> from) =>
        state is { Existence: Existence.Present, IsRoot: true }
            ? Decision.Reject(RejectionKind.Conflict, "volume.is-root", $"{volume} is the root volume of {state.Vm}: it comes and goes with that VM.")
            : Begin(state, volume, operation, verb, changing, begun, from);

    /// <summary>Begins a change from one of some phases; its output is the volume's <see cref="VolumeFacts"/> as JSON.</summary>
    public static Decision Begin(VolumeState state, VolumeId volume, OperationId operation, string verb, VolumePhase changing, IEvent begun, params ReadOnlySpan<VolumePhase> from)
    {
        if (state.RefuseUnlessPresent(volume.Value) is { } refusal) return refusal;
        if (IsMine(state, operation) && state.Phase == changing) return Decision.Already(VolumeFacts.Of(volume, state).Write());
        if (state.IsBusy) return Decision.Reject(RejectionKind.Conflict, "volume.busy", $"{volume} is {state.Phase} by {state.Operation}. Wait for that to end.");
        foreach (var phase in from)
        {
            if (state.Phase == phase) return new Decision.Accepted([begun], VolumeFacts.Of(volume, state).Write());
        }

        return state.Phase is VolumePhase.Attached
            ? Decision.Reject(RejectionKind.Conflict, "volume.in-use", $"{volume} is attached to {state.Vm}. Detach it first.")
            : Decision.Reject(RejectionKind.Conflict, "volume.wrong-state", $"{volume} is {state.Phase}; to {verb} it, it must be {string.Join(" or ", from.ToArray())}.");
    }

    /// <summary>Ends a change that this operation began. Said before, or of another's, it changes nothing.</summary>
    public static Decision End(VolumeState state, OperationId operation, VolumePhase changing, IEvent ended) =>
        state.Phase == changing && IsMine(state, operation) ? Decision.Accept(ended) : Decision.Already();

    public static bool IsMine(VolumeState state, OperationId operation) => string.Equals(state.Operation, operation.Value, StringComparison.Ordinal);
}

/// <summary>A change that failed has been undone.</summary>
public sealed record UndoVolumeChange(VolumeId Volume, Rejection Error, OperationId Operation) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => VolumeChange.IsMine(state, Operation) && state.IsChanging
        ? Decision.Accept(new VolumeChangeUndone(Error, Operation))
        : Decision.Already();
}
