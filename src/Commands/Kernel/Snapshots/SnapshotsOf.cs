using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Snapshots;

/// <summary>When the state of one stream is kept, and whether what is kept is believed.</summary>
/// <param name="every">Events after which it is kept again, at least.</param>
internal sealed class SnapshotsOf<TState>(string stream, ISnapshots store, int every) where TState : IState<TState>
{
    /// <summary>A large state is kept less often: bytes of it that are written for one event, on average, at most.</summary>
    private const int BytesOfAnEvent = 30;

    /// <summary>Another build may fold otherwise, and one that does not is told by nothing: the code itself is the mark.</summary>
    private static readonly string Program =
        $"{typeof(TState).Name} {typeof(TState).Assembly.ManifestModule.ModuleVersionId:N} {typeof(IEvent).Assembly.ManifestModule.ModuleVersionId:N}";

    private long due = every;

    /// <returns>Null when the stream has to be folded from its beginning.</returns>
    public async Task<(TState State, long Version, Origin BegunBy)?> FindAsync()
    {
        if (!TState.GrowsLong) return null;
        if (await store.FindAsync(stream, CancellationToken.None) is not { } kept || !string.Equals(kept.Program, Program, StringComparison.Ordinal)) return null;
        try
        {
            if (SnapshotJson.Read<TState>(kept.State) is not { } state) return null;
            due = DueAfter(kept.Version, kept.State.Length);
            return (state, kept.Version, kept.BegunBy);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            // The log has it all.
            return null;
        }
    }

    public async Task KeepAsync(TState state, long version, Origin begunBy)
    {
        if (!TState.GrowsLong || version < due) return;
        due = version + every;
        try
        {
            var packed = SnapshotJson.Write(state);
            due = DueAfter(version, packed.Length);
            await store.KeepAsync(new StreamSnapshot(stream, version, Program, begunBy, packed), CancellationToken.None);
        }
#pragma warning disable CA1031 // One that is not kept costs the next owner time, and nothing else.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It is due again soon enough.
        }
    }

    private long DueAfter(long version, int length) => version + Math.Max(every, length / BytesOfAnEvent);
}
