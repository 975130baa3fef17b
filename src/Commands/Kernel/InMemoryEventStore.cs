using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>
/// The store of the simulation: same contract, deterministic, one commit after the other on the caller's thread. Every task it
/// returns is complete. Events pass through JSON as in the store of record, so that what does not survive storage fails here too.
/// </summary>
public sealed class InMemoryEventStore(TimeProvider clock) : IEventStore
{
    private readonly Lock gate = new();
    private readonly List<Recorded> log = [];
    private readonly Dictionary<string, List<Recorded>> streams = new(StringComparer.Ordinal);
    private long last;

    public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (gate)
        {
            IReadOnlyList<Recorded> found = streams.TryGetValue(stream, out var events)
                ? events[(int)Math.Clamp(afterVersion, 0, events.Count)..]
                : [];
            return Task.FromResult(found);
        }
    }

    public async Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct) => (await ReadAsync(stream, 0, ct)).Any(e => e.Origin == origin);

    public Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        AppendRules.Check(batch);
        var storable = batch.Select(a => a.Events.Select(Stored).ToList()).ToList();
        lock (gate)
        {
            var previous = Head;
            var at = AppendRules.Timestamp(clock);
            var written = new List<Recorded>();
            var conflicts = AppendRules.Conflicts(batch, VersionOf);
            if (AppendRules.Stops(batch, conflicts)) return Task.FromResult(new Committed(previous, [], conflicts));
            for (var i = 0; i < batch.Count; i++)
            {
                if (!conflicts.Contains(i)) written.AddRange(Write(batch[i], storable[i], at));
            }

            // A gap after each commit, as rolled-back transactions leave them in PostgreSQL: nobody may count on there being none.
            if (written.Count > 0) last += 1 + (last % 3);
            return Task.FromResult(new Committed(previous, written, conflicts));
        }
    }

    public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (gate)
        {
            var from = FirstAfter(afterPosition);
            IReadOnlyList<Recorded> page = log.GetRange(from, Math.Min(Math.Max(max, 0), log.Count - from));
            return Task.FromResult(page);
        }
    }

    public Task<long> HeadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (gate) return Task.FromResult(Head);
    }

    private long Head => log.Count == 0 ? 0 : log[^1].Position;

    private static IEvent Stored(IEvent happened)
    {
        var json = StorableText.OfJson(JsonSerializer.Serialize(happened, happened.GetType(), DomainJson.Options));
        return (IEvent)JsonSerializer.Deserialize(json, happened.GetType(), DomainJson.Options)!;
    }

    private long VersionOf(string stream) => streams.TryGetValue(stream, out var events) ? events.Count : 0;

    private List<Recorded> Write(Append append, List<IEvent> events, DateTimeOffset at)
    {
        if (!streams.TryGetValue(append.Stream, out var stream)) streams[append.Stream] = stream = [];
        var recorded = events.Select((e, i) => new Recorded(
            e, append.Stream, append.ExpectedVersion + i + 1, ++last, at, StorableText.Of(append.Origins[i]))).ToList();
        stream.AddRange(recorded);
        log.AddRange(recorded);
        return recorded;
    }

    private int FirstAfter(long position)
    {
        var (low, high) = (0, log.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (log[middle].Position <= position) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
