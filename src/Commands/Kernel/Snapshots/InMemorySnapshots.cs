using System.Collections.Concurrent;

namespace IaaS.Commands.Kernel.Snapshots;

/// <summary>Those of the simulation.</summary>
public sealed class InMemorySnapshots : ISnapshots
{
    private readonly ConcurrentDictionary<string, StreamSnapshot> kept = new(StringComparer.Ordinal);

    public int Count => kept.Count;

    public Task<StreamSnapshot?> FindAsync(string stream, CancellationToken ct) => Task.FromResult(kept.GetValueOrDefault(stream));

    public Task KeepAsync(StreamSnapshot snapshot, CancellationToken ct)
    {
        kept.AddOrUpdate(snapshot.Stream, snapshot, (_, old) =>
            old.Version > snapshot.Version && string.Equals(old.Program, snapshot.Program, StringComparison.Ordinal) ? old : snapshot);
        return Task.CompletedTask;
    }
}
