using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class FeedTests(TestPostgres postgres)
{
    private static readonly ProjectorOptions NeverLook = new() { LookEvery = TimeSpan.FromDays(1), FirstBackOff = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task Pushed_commits_that_follow_on_are_applied_without_reading_the_feed()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook);
        running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        // The first contact with the feed may still be under way: the second commit is past it.
        running.Projector.Publish(bench.Log.Append(("gadget-2", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        var reads = bench.Log.Reads;
        for (var i = 3; i < 20; i++)
        {
            running.Projector.Publish(bench.Log.Append(($"gadget-{i}", Bench.Made())));
            await running.ReachAsync(bench.Log.Head);
        }

        Assert.InRange(bench.Log.Reads, reads, reads + 1);
        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task A_commit_that_was_never_pushed_is_read_from_the_feed_before_those_after_it()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook);
        running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);

        bench.Log.Append(("gadget-1", new GadgetScrapped()));
        running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made(name: "again"))));
        await running.ReachAsync(bench.Log.Head);

        Assert.Equal("again", (await bench.RowsAsync<GadgetView>())["gadget-1"].Name);
        Assert.Equal(0, running.Projector.Lag);
    }

    [Fact]
    public async Task Commits_pushed_in_the_wrong_order_or_twice_are_applied_once_and_in_order()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook);
        var made = bench.Log.Append(("gadget-1", Bench.Made(shelf: "shelf-1")));
        var moved = bench.Log.Append(("gadget-1", new GadgetMoved(new ShelfId("shelf-1"), 7, GadgetPhase.Ready)));
        foreach (var commit in new[] { moved, made, made, moved }) running.Projector.Publish(commit);

        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
        await bench.AssertExactAsync<ShelfView>();
    }

    [Fact]
    public async Task What_does_not_fit_in_memory_is_dropped_and_read_from_the_feed()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        var projector = bench.NewProjector(NeverLook with { QueuedEvents = 10 });
        for (var i = 0; i < 100; i++) projector.Publish(bench.Log.Append(($"gadget-{i}", Bench.Made())));
        Assert.InRange(projector.Dropped, 90, 100);

        await using var running = new Running(projector);
        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task A_commit_that_is_pushed_while_the_feed_is_read_is_applied_at_once()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        var projector = bench.NewProjector(NeverLook with { FirstBackOff = TimeSpan.FromDays(1) });
        bench.Log.WhileRead = () => projector.Publish(bench.Log.Append(("gadget-1", Bench.Made())));
        await using var running = new Running(projector);
        await Bench.UntilAsync(() => bench.Log.Head > 0);

        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task Who_looks_for_a_row_that_comes_into_the_table_while_he_looks_finds_it()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook);
        running.Projector.Publish(bench.Log.Append(("gadget-0", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        var looks = 0;

        var row = await running.Projector.FindAsync<GadgetView>(async () =>
        {
            var seen = (await bench.RowsAsync<GadgetView>()).GetValueOrDefault("gadget-1");
            if (looks++ > 0) return seen;
            running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made())));
            await running.ReachAsync(bench.Log.Head);
            return seen;
        }, () => bench.Log.Head, Bench.Patience, CancellationToken.None);

        Assert.Equal("gadget-1", row?.Id);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_feed_that_fails_is_asked_again()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.FailNext(3);
        bench.Log.Append(("gadget-1", Bench.Made()));
        await using var running = bench.Start(NeverLook);

        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task Commits_of_other_nodes_are_found_by_looking_now_and_then()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook with { LookEvery = TimeSpan.FromMilliseconds(20) });
        running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);

        bench.Log.Append(("gadget-2", Bench.Made()));

        await running.ReachAsync(bench.Log.Head);
    }

    [Fact]
    public async Task After_much_at_once_commits_are_gathered_until_somebody_waits_for_one()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start(NeverLook with { Pace = TimeSpan.FromDays(1), PacedEvents = 50 });
        running.Projector.Publish(bench.Log.Append(("gadget-0", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        running.Projector.Publish(bench.Log.Append([.. Enumerable.Range(1, 60).Select(i => ($"gadget-{i}", (IEvent)Bench.Made()))]));
        await running.ReachAsync(bench.Log.Head);
        var before = running.Projector.Batches;
        for (var i = 100; i < 120; i++) running.Projector.Publish(bench.Log.Append(($"gadget-{i}", Bench.Made())));

        await running.ReachAsync(bench.Log.Head);

        Assert.Equal(before + 1, running.Projector.Batches);
        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task Waiting_for_a_position_ends_with_its_time_limit()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var projector = new Projector(bench.Db, bench.Tables, bench.Log, time);

        var waiting = projector.WaitForAsync(1, TimeSpan.FromSeconds(5));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.False(await waiting);
        Assert.True(await projector.WaitForAsync(0, TimeSpan.Zero));
    }
}
