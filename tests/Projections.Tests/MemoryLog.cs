using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

/// <summary>A log in memory. Positions have gaps, as those of a real one.</summary>
public sealed class MemoryLog : IFeed
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly List<Recorded> events = [];
    private readonly Dictionary<string, long> versions = [];
    private int failing;

    /// <summary>Makes the gaps between positions wider.</summary>
    public int Stride { get; init; } = 1;

    public int Reads { get; private set; }

    /// <summary>What happens after the feed has looked and before it answers, once.</summary>
    public Action? WhileRead { get; set; }

    public long Head { get; private set; }

    public IReadOnlyList<Recorded> Events
    {
        get { lock (gate) return [.. events]; }
    }

    public void FailNext(int times) => failing = times;

    public (long Previous, IReadOnlyList<Recorded> Events) Append(params IEnumerable<(string Stream, IEvent Event)> happened)
    {
        lock (gate)
        {
            var previous = Head;
            List<Recorded> batch = [];
            foreach (var (stream, e) in happened)
            {
                Head += Stride + Head % 3;
                versions[stream] = versions.GetValueOrDefault(stream) + 1;
                batch.Add(new(e, stream, versions[stream], Head, Start.AddSeconds(Head), Origin.System));
            }

            events.AddRange(batch);
            return (previous, batch);
        }
    }

    public Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct)
    {
        lock (gate)
        {
            Reads++;
            if (failing-- > 0) throw new IOException("The store is away.");
            List<Recorded> page = [.. events.Where(e => e.Position > after).Take(max)];
            var happens = WhileRead;
            WhileRead = null;
            happens?.Invoke();
            return Task.FromResult<IReadOnlyList<Recorded>>(page);
        }
    }

    /// <summary>What a view is by definition: the fold of the log.</summary>
    public IReadOnlyDictionary<string, TView> Fold<TView>(long until = long.MaxValue) where TView : class, IView<TView>
    {
        SortedDictionary<string, TView> rows = new(StringComparer.Ordinal);
        foreach (var e in Events.TakeWhile(e => e.Position <= until))
        {
            if (TView.RowOf(e) is not { } id) continue;
            if (TView.Apply(rows.GetValueOrDefault(id), e) is { } row) rows[id] = row;
            else rows.Remove(id);
        }

        return rows;
    }
}

public static class LogExtensions
{
    extension(IFeedListener listener)
    {
        public void Publish((long Previous, IReadOnlyList<Recorded> Events) batch) => listener.Publish(batch.Previous, batch.Events);
    }
}
