using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;

namespace IaaS.Stores.Tests;

/// <summary>What every store obeys. A new store derives a class from it.</summary>
public abstract class EventStoreContract
{
    protected abstract IEventStore Store { get; }

    /// <summary>Another instance on the same log, as a second process has it.</summary>
    protected abstract Task<IEventStore> AnotherAsync();

    [Fact]
    public async Task What_is_appended_is_read_back_as_it_was_returned()
    {
        var stream = Given.Stream();
        var committed = await Store.Append(Given.To(stream, 0,
            new Noted("one", 1, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), new Noted("two")));
        Assert.Equal(committed.Events, await Store.Read(stream));
        Assert.Equal([1, 2], committed.Events.Select(e => e.Version));
        Assert.All(committed.Events, e => Assert.Equal(stream, e.Stream));
        Assert.Empty(committed.Conflicts);
    }

    [Fact]
    public async Task A_stream_is_read_from_a_version_on()
    {
        var stream = Given.Stream();
        await Store.Append(Given.Notes(stream, 0, 3));
        await Store.Append(Given.Notes(stream, 3, 2));
        Assert.Equal([4, 5], (await Store.Read(stream, 3)).Select(e => e.Version));
        Assert.Empty(await Store.Read(stream, 5));
        Assert.Empty(await Store.Read(Given.Stream()));
    }

    [Fact]
    public async Task Many_streams_are_read_at_once_each_in_its_order()
    {
        var streams = new[] { Given.Stream(), Given.Stream(), Given.Stream() };
        foreach (var stream in streams) await Store.Append(Given.Notes(stream, 0, 3));
        await Store.Append(Given.Notes(streams[0], 3, 1));

        var read = (await Store.ReadAllAsync([.. streams, Given.Stream()], CancellationToken.None)).GroupBy(e => e.Stream, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);

        Assert.Equal(3, read.Count);
        foreach (var stream in streams) Assert.Equal(await Store.Read(stream), read[stream]);
        Assert.Empty(await Store.ReadAllAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task It_knows_whether_a_step_has_appended_to_a_stream()
    {
        var (stream, other) = (Given.Stream(), Given.Stream());
        await Store.Append(Given.Notes(stream, 0, 2));
        await Store.Append(Given.Notes(other, 0, 1));

        Assert.True(await Store.HasAsync(stream, Given.Origin, CancellationToken.None));
        Assert.False(await Store.HasAsync(stream, Given.Origin with { Causation = "another step" }, CancellationToken.None));
        Assert.False(await Store.HasAsync(stream, Given.Origin with { Correlation = "op-another" }, CancellationToken.None));
        Assert.False(await Store.HasAsync(stream, Given.Origin with { Actor = "another" }, CancellationToken.None));
        Assert.False(await Store.HasAsync(Given.Stream(), Given.Origin, CancellationToken.None));
    }

    [Fact]
    public async Task A_conflict_fails_its_stream_alone()
    {
        var (moved, fresh, absent, last) = (Given.Stream(), Given.Stream(), Given.Stream(), Given.Stream());
        await Store.Append(Given.Notes(moved, 0, 2));
        var committed = await Store.Append(
            Given.Notes(moved, 1, 1), Given.Notes(fresh, 0, 2), Given.Notes(absent, 7, 1), Given.Notes(last, 0, 1));
        Assert.Equal(new HashSet<int> { 0, 2 }, committed.Conflicts);
        Assert.Equal([fresh, fresh, last], committed.Events.Select(e => e.Stream));
        Assert.Equal(2, (await Store.Read(moved)).Count);
        Assert.Empty(await Store.Read(absent));
        Assert.Equal(committed.Events, [.. await Store.Read(fresh), .. await Store.Read(last)]);
    }

    [Fact]
    public async Task A_stream_that_exists_is_not_started_again()
    {
        var stream = Given.Stream();
        await Store.Append(Given.Notes(stream, 0, 1));
        Assert.Contains(0, (await Store.Append(Given.Notes(stream, 0, 1))).Conflicts);
        Assert.Single(await Store.Read(stream));
    }

    [Fact]
    public async Task Positions_follow_the_order_of_the_batch_and_grow_with_every_commit()
    {
        var (a, b) = (Given.Stream(), Given.Stream());
        var first = await Store.Append(Given.Notes(b, 0, 2), Given.Notes(a, 0, 3));
        var second = await Store.Append(Given.Notes(a, 3, 1), Given.Notes(b, 2, 1));
        Assert.Equal([b, b, a, a, a], first.Events.Select(e => e.Stream));
        Assert.Equal([a, b], second.Events.Select(e => e.Stream));
        var positions = first.Events.Concat(second.Events).Select(e => e.Position).ToList();
        Assert.Equal(positions.Distinct().Order(), positions);
        Assert.True(first.Previous < positions[0]);
        Assert.Equal(first.Events[^1].Position, second.Previous);
        Assert.Equal(second.Events[^1].Position, await Store.HeadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_stream_appears_again_where_that_follows_and_its_events_lie_in_the_order_of_the_batch()
    {
        var (a, b) = (Given.Stream(), Given.Stream());
        var committed = await Store.Append(Given.Notes(a, 0, 2), Given.Notes(b, 0, 1), Given.Notes(a, 2, 1), Given.Notes(b, 1, 2));
        Assert.Equal([a, a, b, a, b, b], committed.Events.Select(e => e.Stream));
        Assert.Equal([1, 2, 1, 3, 2, 3], committed.Events.Select(e => e.Version));
        Assert.Equal(3, (await Store.Read(a)).Count);
        Assert.Empty((await Store.Append(Given.Notes(a, 3, 1), Given.Notes(b, 3, 1))).Conflicts);
    }

    [Fact]
    public async Task All_that_a_batch_has_for_one_stream_conflicts_together()
    {
        var (moved, other) = (Given.Stream(), Given.Stream());
        await Store.Append(Given.Notes(moved, 0, 2));
        var committed = await Store.Append(Given.Notes(moved, 1, 1), Given.Notes(other, 0, 1), Given.Notes(moved, 2, 1));
        Assert.Equal(new HashSet<int> { 0, 2 }, committed.Conflicts);
        Assert.Equal([other], committed.Events.Select(e => e.Stream));
        Assert.Equal(2, (await Store.Read(moved)).Count);
    }

    [Fact]
    public async Task A_conflict_that_others_may_rest_on_stops_the_whole_batch()
    {
        var (moved, other) = (Given.Stream(), Given.Stream());
        await Store.Append(Given.Notes(moved, 0, 2));
        var head = await Store.HeadAsync(CancellationToken.None);
        var committed = await Store.Append(Given.Notes(moved, 1, 1) with { Binds = true }, Given.Notes(other, 0, 1));
        Assert.Equal(new HashSet<int> { 0 }, committed.Conflicts);
        Assert.Empty(committed.Events);
        Assert.Equal(head, await Store.HeadAsync(CancellationToken.None));
        Assert.Empty(await Store.Read(other));
        Assert.Empty((await Store.Append(Given.Notes(moved, 2, 1) with { Binds = true }, Given.Notes(other, 0, 1))).Conflicts);
    }

    [Fact]
    public async Task A_batch_that_only_conflicts_moves_nothing()
    {
        var head = await Store.HeadAsync(CancellationToken.None);
        var committed = await Store.Append(Given.Notes(Given.Stream(), 3, 1));
        Assert.Empty(committed.Events);
        Assert.Equal(head, committed.Previous);
        Assert.Equal(head, await Store.HeadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_empty_batch_tells_the_head()
    {
        await Store.Append(Given.Notes(Given.Stream(), 0, 1));
        var committed = await Store.Append();
        Assert.Equal(await Store.HeadAsync(CancellationToken.None), committed.Previous);
        Assert.Empty(committed.Events);
        Assert.Empty(committed.Conflicts);
    }

    [Fact]
    public async Task The_origin_of_each_event_is_kept()
    {
        var stream = Given.Stream();
        Origin[] origins = [Origin.System, new("agent:host-7", "op-0k3", "étape \"1\""), new("token'; drop table", "", "x")];
        await Store.Append(new Append(stream, 0, [new Noted("a"), new Noted("b"), new Noted("c")], origins));
        Assert.Equal(origins, (await Store.Read(stream)).Select(e => e.Origin));
    }

    [Theory]
    [InlineData("žluťoučký 日本語 🚀")]
    [InlineData("it's \"quoted\" \\ back{slash} ?")]
    [InlineData("line\r\nbreak\ttab \u0001 \u2028")]
    [InlineData("""a written \u0000 is no NUL, nor is \\u0000""")]
    [InlineData("")]
    public async Task Text_survives(string text)
    {
        var stream = Given.Stream();
        await Store.Append(Given.To(stream, 0, new Noted(text)));
        Assert.Equal(new Noted(text), Assert.Single(await Store.Read(stream)).Event);
    }

    [Fact]
    public async Task Text_that_cannot_be_stored_is_replaced_and_spoils_nothing_else()
    {
        await ReplacedAsync("a\0b", "a\uFFFDb");
        await ReplacedAsync("\\\0\0", "\\\uFFFD\uFFFD");
        await ReplacedAsync("half \uD83D pair", "half \uFFFD pair");
    }

    private async Task ReplacedAsync(string text, string stored)
    {
        var (odd, other) = (Given.Stream(), Given.Stream());
        var committed = await Store.Append(
            new Append(odd, 0, [new Noted(text)], [new("actor\0", "op\0", "\0")]), Given.Notes(other, 0, 1));
        Assert.Empty(committed.Conflicts);
        Assert.Equal(new Noted(stored), committed.Events[0].Event);
        Assert.Equal(new("actor\uFFFD", "op\uFFFD", "\uFFFD"), committed.Events[0].Origin);
        Assert.Equal(committed.Events, [.. await Store.Read(odd), .. await Store.Read(other)]);
    }

    [Fact]
    public async Task Members_keep_their_meaning_whatever_order_they_are_stored_in()
    {
        var stream = Given.Stream();
        await Store.Append(Given.To(stream, 0, new Listed(new Dictionary<string, string>(StringComparer.Ordinal) { ["zz"] = "1", ["a"] = "2" }, 4.GiB)));
        var listed = Assert.IsType<Listed>(Assert.Single(await Store.Read(stream)).Event);
        Assert.Equal(4.GiB, listed.Size);
        Assert.Equal(["a", "zz"], listed.Items.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Five_thousand_events_go_into_one_commit()
    {
        var batch = Enumerable.Range(0, 1000).Select(_ => Given.Notes(Given.Stream(), 0, 5)).ToList();
        var committed = await Store.Append(batch);
        Assert.Equal(5000, committed.Events.Count);
        Assert.Equal(committed.Events, await Store.Feed(committed.Previous, 700));
    }

    [Fact]
    public async Task Time_is_returned_as_it_is_stored()
    {
        var stream = Given.Stream();
        var committed = await Store.Append(Given.Notes(stream, 0, 1));
        var at = Assert.Single(await Store.Read(stream)).At;
        Assert.Equal(committed.Events[0].At, at);
        Assert.Equal(TimeSpan.Zero, at.Offset);
        Assert.Equal(0, at.Ticks % TimeSpan.TicksPerMicrosecond);
    }

    [Fact]
    public async Task Mistakes_of_the_caller_throw_and_write_nothing()
    {
        var stream = Given.Stream();
        foreach (var mistaken in new List<Append>[]
        {
            [Given.Notes(stream, 0, 1), Given.Notes(stream, 2, 1)], [Given.Notes(stream, 0, 0)], [Given.Notes(stream, -1, 1)],
            [new(stream, 0, [new Noted("")], [])], [Given.Notes("", 0, 1)],
        })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Store.Append(mistaken));
        }

        Assert.Empty(await Store.Read(stream));
    }

    [Fact]
    public async Task Of_two_that_start_one_stream_one_wins()
    {
        var other = await AnotherAsync();
        for (var round = 0; round < 20; round++)
        {
            var stream = Given.Stream();
            var both = await Task.WhenAll(new[] { Store, other }.Select(s => Task.Run(() => s.Append(Given.Notes(stream, 0, 2)))));
            Assert.Single(both, c => c.Conflicts.Count == 1);
            Assert.Equal(2, (await Store.Read(stream)).Count);
        }
    }

    [Fact]
    public async Task A_reader_of_the_feed_misses_nothing_that_two_writers_append_meanwhile()
    {
        var other = await AnotherAsync();
        var start = await Store.HeadAsync(CancellationToken.None);
        var commits = new List<Committed>();
        var writers = Task.WhenAll(new[] { Store, other, Store, other }.Select(s => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                var committed = await s.Append(Given.Notes(Given.Stream(), 0, 3), Given.Notes(Given.Stream(), 0, 2));
                lock (commits) commits.Add(committed);
            }
        })));

        var seen = new List<Recorded>();
        for (var done = false; !done;)
        {
            done = writers.IsCompleted;
            seen.AddRange(await other.Feed(seen.Count == 0 ? start : seen[^1].Position, 17));
        }

        await writers;
        var ordered = commits.OrderBy(c => c.Previous).ToList();
        Assert.Equal(ordered.SelectMany(c => c.Events), seen);
        Assert.Equal(start, ordered[0].Previous);
        Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.Equal(pair.First.Events[^1].Position, pair.Second.Previous));
    }
}
