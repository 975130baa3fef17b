using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Snapshots;

/// <summary>
/// States of long streams, kept so that an owner need not fold them from their beginning. Nothing rests on them: what is lost, or was
/// written by another program, is folded from the log again.
/// </summary>
public interface ISnapshots
{
    /// <returns>The newest of a stream; null when there is none.</returns>
    Task<StreamSnapshot?> FindAsync(string stream, CancellationToken ct);

    /// <summary>Keeps one in place of an older one of the same stream.</summary>
    Task KeepAsync(StreamSnapshot snapshot, CancellationToken ct);
}

/// <param name="Version">Of the stream: every event up to it is in the state.</param>
/// <param name="Program">The build that folded it. Another may fold otherwise.</param>
/// <param name="BegunBy">Of the stream's first event.</param>
/// <param name="State">As JSON, by gzip.</param>
public sealed record StreamSnapshot(string Stream, long Version, string Program, Origin BegunBy, ReadOnlyMemory<byte> State);

/// <summary>For tools and tests that have no use for snapshots.</summary>
public sealed class NoSnapshots : ISnapshots
{
    public Task<StreamSnapshot?> FindAsync(string stream, CancellationToken ct) => Task.FromResult<StreamSnapshot?>(null);

    public Task KeepAsync(StreamSnapshot snapshot, CancellationToken ct) => Task.CompletedTask;
}
