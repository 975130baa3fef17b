using System.Runtime.CompilerServices;
using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Past;

namespace IaaS.Projections.Query.Watch;

/// <summary>
/// Tells what enters, changes and leaves the answer of a query. It holds nothing but the last answer: every evaluation is of one past
/// position, so a watch that was cut off is taken up again anywhere, by any process.
/// </summary>
/// <param name="reached">Completes when the tables are past a position; false after a while in which they were not.</param>
public sealed class QueryWatch(QueryEngine engine, IFeed feed, TimeProvider time, Func<long, TimeSpan, CancellationToken, Task<bool>> reached)
{
    /// <summary>Rows that a watched query may have.</summary>
    public const int MostRows = 10_000;

    private const string Identity = "#id";

    /// <summary>The least time between two evaluations.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long nothing is said; then the position is, so that both sides know of each other.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Checks the query and evaluates it once. Refused with <c>query.*</c>.</summary>
    /// <param name="from">Where an earlier watch of the same query was cut off; null to begin.</param>
    public async Task<Answer<IAsyncEnumerable<WatchEvent>>> StartAsync(QuerySyntax query, QueryCaller caller, WatchPlace? from, CancellationToken ct, string? text = null)
    {
        if (query.AsOf is not null || query.Between is not null || query.After is not null || query.WithTotal)
        {
            return Places.In(Refusals.SubQuery("A watched query has no moment, no cursor and no total."), query.At, text);
        }

        var head = await engine.Moments.HeadAsync(ct);
        if (from is { } place && place.To > head) return Refusals.Future($"Position {place.To}", head);
        var identified = Identified(query);
        var (known, target) = from switch
        {
            null => (-1L, head),
            { } p => (p.From, p.To),
        };
        var before = Snapshot.None;
        if (known >= 0)
        {
            switch (await SnapshotAsync(identified, caller, known, text, ct))
            {
                case Answer<Snapshot>.Given { Value: var found }: before = found; break;
                case Answer<Snapshot>.Refused { Reason: var why }: return why;
            }
        }

        return (await SnapshotAsync(identified, caller, target, text, ct)).Then<IAsyncEnumerable<WatchEvent>>(first =>
            new Answer<IAsyncEnumerable<WatchEvent>>.Given(RunAsync(identified, caller, before, first, known, from?.Count ?? 0, ct)));
    }

    private async IAsyncEnumerable<WatchEvent> RunAsync(
        QuerySyntax query, QueryCaller caller, Snapshot before, Snapshot first, long known, int skip, [EnumeratorCancellation] CancellationToken ct)
    {
        var now = first;
        while (true)
        {
            var count = 0;
            foreach (var (change, id, row) in Snapshot.Differences(before, now, initial: known < 0))
            {
                if (++count > skip) yield return new(change, new(known, now.Position, count), id, row, now.Keys);
            }

            if (known < 0 || count == 0) yield return new(WatchChange.Position, new(now.Position, now.Position, 0), Id: null, Row: null, now.Keys);
            (before, known, skip) = (now, now.Position, 0);
            now = await NextAsync(query, caller, before, ct);
        }
    }

    /// <summary>The next answer that can be different, or the same one at a later position when nothing was for a while.</summary>
    private async Task<Snapshot> NextAsync(QuerySyntax query, QueryCaller caller, Snapshot before, CancellationToken ct)
    {
        var since = time.GetTimestamp();
        var position = before.Position;
        while (true)
        {
            await Task.Delay(Pause, time, ct);
            if (time.GetElapsedTime(since) >= Silence) return before with { Position = position };
            if (!await reached(position + 1, Silence, ct)) continue;
            var head = await engine.Moments.HeadAsync(ct);
            if (head <= position) continue;
            if (!await ConcernsAsync(before.Views, position, head, ct))
            {
                position = head;
                continue;
            }

            return await SnapshotAsync(query, caller, head, text: null, ct) switch
            {
                Answer<Snapshot>.Given { Value: var now } => now,
                // It was right a moment ago: it has become too slow or too large, and the client hears the end of the stream.
                Answer<Snapshot>.Refused { Reason: var why } => throw new WatchEndedException(why),
                _ => throw new InvalidOperationException("An answer is given or refused."),
            };
        }
    }

    private async Task<bool> ConcernsAsync(IReadOnlyList<ViewShape> views, long after, long until, CancellationToken ct)
    {
        const int Page = 2_000;
        // What is read is read once; a long way behind, the answer is simply made anew.
        var page = await feed.ReadAsync(after, Page, ct);
        return page.Count == Page || page.TakeWhile(e => e.Position <= until).Any(e => views.Any(v => PastRows.For(v).Concerns(e)));
    }

    private async Task<Answer<Snapshot>> SnapshotAsync(QuerySyntax query, QueryCaller caller, long position, string? text, CancellationToken ct)
    {
        var at = new MomentSyntax(position.ToString(System.Globalization.CultureInfo.InvariantCulture), IsPosition: true, query.At);
        var page = query with { AsOf = at, Limit = query.Limit ?? new(engine.Limits.Rows, query.At) };
        var snapshot = new Snapshot(position, [], [], []);
        while (true)
        {
            switch (await engine.AskAsync(page, caller, ct, text))
            {
                case Answer<QueryAnswer>.Refused { Reason: var why }: return why;
                case Answer<QueryAnswer>.Given { Value: var answer }:
                    snapshot = snapshot with { Views = answer.Views, Keys = [.. answer.Keys.Where(k => !k.StartsWith('#'))] };
                    snapshot.Add(answer);
                    if (answer.Next is null || query.Limit is not null) return snapshot;
                    if (snapshot.Rows.Count >= MostRows) return Places.In(Refusals.TooManyWatched(MostRows), query.At, text);
                    page = page with { After = new(answer.Next, LiteralKind.Quoted, query.At) };
                    break;
            }
        }
    }

    /// <summary>The query with what tells one row from all others among what it returns.</summary>
    private static QuerySyntax Identified(QuerySyntax query)
    {
        var returned = query.Return ?? (query.GroupBy.Count == 0 ? [new(new AllFieldsSyntax(query.At), Alias: null, query.At)]
            : [.. query.GroupBy.Select(g => new ReturnSyntax(new PathExpressionSyntax(g), Alias: null, g.At)), new(new AggregateSyntax(AggregateFunction.Count, Path: null, query.At), Alias: null, query.At)]);
        var grouped = query.GroupBy.Count > 0;
        var keys = grouped ? query.GroupBy : [new PathSyntax([new SegmentSyntax("id", Filter: null, query.At)])];
        // Aggregates over all rows make one row, which needs no name.
        if (!grouped && returned.Any(r => r.Expression is AggregateSyntax { Path: null })) return query with { Return = returned };
        return query with { Return = [.. returned, .. keys.Select((k, i) => new ReturnSyntax(new PathExpressionSyntax(k), $"{Identity}{i}", query.At))] };
    }

    /// <summary>The answer at one position.</summary>
    private sealed record Snapshot(long Position, Dictionary<string, IReadOnlyList<object?>> Rows, IReadOnlyList<string> Keys, IReadOnlyList<ViewShape> Views)
    {
        public static Snapshot None => new(-1, [], [], []);

        public void Add(QueryAnswer answer)
        {
            var shown = answer.Keys.Count(k => !k.StartsWith('#'));
            foreach (var row in answer.Rows)
            {
                var id = row.Skip(shown).ToList() is [string only] ? only : JsonSerializer.Serialize(row.Skip(shown));
                Rows[id] = [.. row.Take(shown)];
            }
        }

        /// <summary>In the order of ids: the same for the same two answers, whoever asks.</summary>
        public static IEnumerable<(WatchChange Change, string Id, IReadOnlyList<object?>? Row)> Differences(Snapshot before, Snapshot now, bool initial)
        {
            foreach (var id in before.Rows.Keys.Union(now.Rows.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                var (was, present) = (before.Rows.GetValueOrDefault(id), now.Rows.GetValueOrDefault(id));
                if (present is null) yield return (WatchChange.Leave, id, null);
                else if (was is null) yield return (initial ? WatchChange.Row : WatchChange.Enter, id, present);
                else if (!string.Equals(JsonSerializer.Serialize(was), JsonSerializer.Serialize(present), StringComparison.Ordinal)) yield return (WatchChange.Change, id, present);
            }
        }
    }
}

/// <summary>A watch that cannot go on: its query has become too slow, or its answer too large.</summary>
public sealed class WatchEndedException(Rejection why) : Exception(why.Detail)
{
    public Rejection Why { get; } = why;
}
