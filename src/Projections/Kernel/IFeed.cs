using IaaS.Domain.Kernel;

namespace IaaS.Projections.Kernel;

/// <summary>The log as read models see it. The composition root adapts the event store to it.</summary>
public interface IFeed
{
    /// <summary>
    /// Up to <paramref name="max"/> events after a position, over all streams, in the order of positions; none at the end of the log.
    /// Whoever has read up to a position has seen all that is before it. Throws when the store cannot be reached.
    /// </summary>
    Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct);
}

/// <summary>Hears of commits in process, right after they are durable. It never blocks and never throws.</summary>
public interface IFeedListener
{
    /// <param name="previous">The position of the last event in the log before this commit, whoever wrote it.</param>
    /// <param name="events">What was committed, in the order of positions.</param>
    void Publish(long previous, IReadOnlyList<Recorded> events);
}
