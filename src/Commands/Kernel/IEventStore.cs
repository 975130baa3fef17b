using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>
/// An append-only store of streams with one feed over all of them. Marten on PostgreSQL is the store of record; the simulation has
/// one in memory. Both pass the same conformance suite.
/// </summary>
public interface IEventStore
{
    /// <summary>The events of one stream after a version, in order. Empty when there is no such stream.</summary>
    Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct);

    /// <summary>The events of many streams, one stream after the other, each in its order. Of those that there are not, nothing.</summary>
    async Task<IReadOnlyList<Recorded>> ReadAllAsync(IReadOnlyList<string> streams, CancellationToken ct)
    {
        List<Recorded> found = [];
        foreach (var stream in streams) found.AddRange(await ReadAsync(stream, 0, ct));
        return found;
    }

    /// <summary>Whether a step has appended to a stream: an event of it has this origin.</summary>
    Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct);

    /// <summary>
    /// Appends to many streams in one commit, in the order of the batch. What it has for one stream stands or falls alone: where the
    /// stream has moved past the expected version, it is a conflict and writes nothing; the others are written. When one that
    /// <see cref="Append.Binds"/> is a conflict, nothing of the batch is written. When it returns, what was written is durable.
    /// When it throws, nothing is known about any of them: read the streams again. A stream may appear again when that follows on what
    /// is before it in the batch.
    /// What is returned equals what will be read: time in whole microseconds, and text as <see cref="StorableText"/> leaves it.
    /// </summary>
    /// <returns>What became of the batch, in its order.</returns>
    Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct);

    /// <summary>
    /// Up to <paramref name="max"/> events after a position, over all streams, in the order of their commits. A position is never
    /// filled in later: whoever has read up to it has seen all that is before it.
    /// </summary>
    Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct);

    /// <summary>The position of the last event; 0 for an empty log.</summary>
    Task<long> HeadAsync(CancellationToken ct);
}

/// <summary>Events for one stream.</summary>
/// <param name="ExpectedVersion">The version that they were decided on; 0 for a stream that must not exist yet.</param>
public sealed record Append(string Stream, long ExpectedVersion, IReadOnlyList<IEvent> Events, IReadOnlyList<Origin> Origins)
{
    /// <summary>Others of the same batch may rest on it.</summary>
    public bool Binds { get; init; }
}

/// <summary>What became of a batch.</summary>
/// <param name="Previous">The position of the last event in the log before this commit, whoever wrote it.</param>
/// <param name="Events">What was written, in the order of positions; nothing of the appends that conflicted.</param>
/// <param name="Conflicts">Indexes into the batch of the appends that were not written.</param>
public sealed record Committed(long Previous, IReadOnlyList<Recorded> Events, IReadOnlySet<int> Conflicts);
