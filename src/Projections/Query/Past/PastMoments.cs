using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;
using Npgsql;

namespace IaaS.Projections.Query.Past;

/// <summary>A position of the log, and what happened between it and the boundary before it, at which all rows are known.</summary>
internal sealed record PastMoment(long Position, long Boundary, IReadOnlyList<Recorded> Since);

/// <summary>Finds the position that a time or a position means, and reads what is needed to look at it.</summary>
internal sealed class PastMoments(NpgsqlDataSource db, IFeed feed, TimeProvider time)
{
    private const int Remembered = 16;

    private readonly Lock gate = new();
    private readonly LinkedList<PastMoment> recent = [];
    private long known;

    /// <summary>
    /// The last position that belongs to the moment. A time means everything recorded up to it. Refused with <c>query.future</c>
    /// past the end of the log, and with <c>query.bad-value</c>.
    /// </summary>
    public async Task<Answer<long>> PositionAsync(MomentSyntax moment, CancellationToken ct)
    {
        if (moment.IsPosition)
        {
            if (!long.TryParse(moment.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)) return Refusals.BadMoment(moment.Text);
            // What was once the past stays it.
            if (position <= Volatile.Read(ref known)) return position;
        }

        var head = await HeadAsync(ct);
        if (moment.IsPosition)
        {
            var position = long.Parse(moment.Text, CultureInfo.InvariantCulture);
            return position <= head ? position : Refusals.Future($"Position {position}", head);
        }

        if (!DateTimeOffset.TryParse(moment.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)) return Refusals.BadMoment(moment.Text);
        if (at > time.GetUtcNow()) return Refusals.Future(moment.Text, head);
        return await LastUpToAsync(at, head, ct);
    }

    public async Task<PastMoment> ReadAsync(long position, CancellationToken ct)
    {
        lock (gate)
        {
            if (recent.FirstOrDefault(m => m.Position == position) is { } known) return known;
        }

        var boundary = position / ViewHistory.Granularity * ViewHistory.Granularity;
        List<Recorded> since = [];
        for (var at = boundary; at < position && await feed.ReadAsync(at, ViewHistory.Granularity, ct) is { Count: > 0 } page; at = page[^1].Position)
        {
            since.AddRange(page.TakeWhile(e => e.Position <= position));
        }

        var moment = new PastMoment(position, boundary, since);
        lock (gate)
        {
            recent.AddFirst(moment);
            if (recent.Count > Remembered) recent.RemoveLast();
        }

        return moment;
    }

    /// <summary>Up to where the tables of all views that run are.</summary>
    public async Task<long> HeadAsync(CancellationToken ct)
    {
        await using var command = db.CreateCommand($"select coalesce(min(position) filter (where error is null), 0) from {ViewTables.CheckpointTable}");
        var head = (long)(await command.ExecuteScalarAsync(ct))!;
        Volatile.Write(ref known, head);
        return head;
    }

    // Events are in the order of their times but for what overlaps within one commit, so a bisection finds the place.
    private async Task<long> LastUpToAsync(DateTimeOffset at, long head, CancellationToken ct)
    {
        long found = 0, beyond = head + 1;
        while (found + 1 < beyond)
        {
            var middle = found + ((beyond - found) / 2);
            if (await feed.ReadAsync(middle - 1, 1, ct) is [var next] && next.Position < beyond)
            {
                if (next.At <= at) found = next.Position;
                else beyond = middle;
            }
            else
            {
                beyond = middle;
            }
        }

        return found;
    }
}
