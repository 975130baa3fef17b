using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;

namespace IaaS.Stores.Tests;

[EventName("test.noted/1")]
public sealed record Noted(string Text, long Number = 0, DateTimeOffset? When = null) : IEvent;

[EventName("test.listed/1")]
public sealed record Listed(IReadOnlyDictionary<string, string> Items, Bytes Size) : IEvent;

/// <summary>Known to the store that writes it only.</summary>
[EventName("test.unheard-of/1")]
public sealed record UnheardOf(string Text) : IEvent;

internal static class Given
{
    private static int streams;

    public static EventNames Names { get; } = new(typeof(Given).Assembly);

    public static Origin Origin { get; } = new("token-admin", "op-1", "host");

    /// <summary>A stream that no other test uses.</summary>
    public static string Stream() => $"test-{Interlocked.Increment(ref streams)}-{Guid.CreateVersion7():n}";

    public static Append To(string stream, long expected, params IReadOnlyList<IEvent> events) =>
        new(stream, expected, events, [.. events.Select(_ => Origin)]);

    public static Append Notes(string stream, long expected, int count) =>
        To(stream, expected, [.. Enumerable.Range(0, count).Select(i => new Noted($"note {expected + i + 1}", i))]);

    public static Task<Committed> Append(this IEventStore store, params IReadOnlyList<Append> batch) =>
        store.AppendAsync(batch, CancellationToken.None);

    public static Task<IReadOnlyList<Recorded>> Read(this IEventStore store, string stream, long after = 0) =>
        store.ReadAsync(stream, after, CancellationToken.None);

    public static async Task<List<Recorded>> Feed(this IEventStore store, long after, int page = 100)
    {
        var all = new List<Recorded>();
        while (await store.ReadFeedAsync(after, page, CancellationToken.None) is { Count: > 0 } events)
        {
            Assert.True(events.Count <= page);
            all.AddRange(events);
            after = events[^1].Position;
        }

        return all;
    }
}
