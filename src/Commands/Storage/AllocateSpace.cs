using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Storage;

/// <summary>Takes room for one volume. Its output is the storage's path on hosts.</summary>
public sealed record AllocateSpace(StorageId Storage, string Volume, Bytes Size) : ICommand<StorageState>
{
    string ICommand.Stream => Storage.Value;

    public Decision Decide(StorageState state)
    {
        if (state.Volumes.ContainsKey(Volume)) return Decision.Already(state.Path);
        if (state.Existence is not Existence.Present) return Refuse("storage.gone", "it has been deleted");
        if (!state.Enabled) return Refuse("storage.disabled", "it is disabled");
        if (state.Used + Size > state.Capacity) return Refuse("storage.full", $"it has {state.Capacity - state.Used} left, and {Size} were asked for");
        return new Decision.Accepted([new SpaceAllocated(Volume, Size)], state.Path);
    }

    private Decision Refuse(string code, string why) =>
        Decision.Reject(RejectionKind.NoCapacity, code, $"{Storage} takes nothing new: {why}.");
}

public sealed record ReleaseSpace(StorageId Storage, string Volume) : ICommand<StorageState>
{
    string ICommand.Stream => Storage.Value;

    public Decision Decide(StorageState state) =>
        state.Volumes.TryGetValue(Volume, out var size) ? Decision.Accept(new SpaceReleased(Volume, size)) : Decision.Already();
}
