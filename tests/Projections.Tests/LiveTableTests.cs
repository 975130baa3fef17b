using CsCheck;
using IaaS.Projections.Kernel;
using Microsoft.Extensions.Time.Testing;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class LiveTableTests(TestPostgres postgres)
{
    [Fact]
    public async Task Seeded_from_the_table_and_kept_by_commits_it_equals_the_table()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var owner = new Bench(database);
        await Gen.Select(Generated.Commits(gadgets: 6, commits: 20), Gen.Int[0, 20], Gen.Int[0, 2].List[20]).SampleAsync(async (commits, seedAt, fates) =>
        {
            await owner.ExecuteAsync("drop schema if exists read cascade");
            var bench = new Bench(database);
            await bench.Tables.EnsureAsync(MemoryLog.Start, default);
            await using var running = bench.Start();
            var live = new LiveTable<GadgetView>(bench.Log, TimeProvider.System);
            Dictionary<string, GadgetView> observed = [];
            live.Changed += (old, now) =>
            {
                if (old is not null) Assert.True(observed.Remove(old.Id));
                if (now is not null) observed.Add(now.Id, now);
            };
            for (var i = 0; i < commits.Count; i++)
            {
                var commit = bench.Log.Append(commits[i]);
                running.Projector.Publish(commit);
                if (i == seedAt)
                {
                    await running.ReachAsync(commit.Previous);
                    await live.SeedAsync(database, default);
                }

                if (fates[i] > 0) live.Publish(commit);
                if (fates[i] > 1) live.Publish(commit);
            }

            await running.ReachAsync(bench.Log.Head);
            await live.CatchUpAsync(default);
            Assert.Equal(bench.Log.Head, live.Position);
            var table = Bench.Text((await bench.RowsAsync<GadgetView>()).Values);
            Assert.Equal(table, Bench.Text(live.All));
            Assert.Equal(table, Bench.Text(observed.Values.OrderBy(g => g.Id, StringComparer.Ordinal)));
        }, iter: 25, threads: 1);
    }

    [Fact]
    public void Without_a_database_it_is_current_when_publish_returns()
    {
        var log = new MemoryLog();
        var live = new LiveTable<GadgetView>(log, TimeProvider.System);

        live.Publish(log.Append(("gadget-2", Bench.Made(name: "two")), ("gadget-1", Bench.Made(name: "one"))));
        var before = live.All;
        live.Publish(log.Append(("gadget-2", new GadgetScrapped())));

        Assert.Null(live.Find("gadget-2"));
        Assert.Equal("one", live.Find("gadget-1")?.Name);
        Assert.Equal(["gadget-1", "gadget-2"], before.Select(g => g.Id));
        Assert.Equal(0, log.Reads);
    }

    [Fact]
    public async Task A_gap_is_filled_from_the_feed_while_it_runs()
    {
        var log = new MemoryLog();
        var live = new LiveTable<GadgetView>(log, TimeProvider.System, new() { LookEvery = TimeSpan.FromDays(1), FirstBackOff = TimeSpan.FromMilliseconds(5) });
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        live.Changed += (_, now) => { if (now is { Name: "late" }) seen.TrySetResult(); };
        using var stop = new CancellationTokenSource();
        log.FailNext(2);
        var running = Task.Run(() => live.RunAsync(stop.Token));
        log.Append(("gadget-1", Bench.Made(name: "unheard")));

        live.Publish(log.Append(("gadget-2", Bench.Made(name: "late"))));
        await seen.Task.WaitAsync(Bench.Patience);

        Assert.Equal(["unheard", "late"], live.All.Select(g => g.Name));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task The_feed_is_looked_at_when_nothing_was_heard_since_the_last_look()
    {
        var log = new MemoryLog();
        var time = new FakeTimeProvider();
        var live = new LiveTable<GadgetView>(log, time, new() { LookEvery = TimeSpan.FromSeconds(1) });
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => live.RunAsync(stop.Token));
        await Bench.UntilAsync(() => log.Reads == 1);

        live.Publish(log.Append(("gadget-1", Bench.Made(name: "heard"))));
        time.Advance(TimeSpan.FromSeconds(1));
        log.Append(("gadget-2", Bench.Made(name: "unheard")));
        time.Advance(TimeSpan.FromSeconds(1));
        await Bench.UntilAsync(() => live.Count == 2 && log.Reads >= 3);
        await stop.CancelAsync();
        await running;

        // At the start, and the second of the two looks: what there is, and that it is all.
        Assert.Equal(3, log.Reads);
    }

    [Fact]
    public void An_event_that_it_cannot_take_stops_it_without_hurting_the_commit()
    {
        var log = new MemoryLog();
        var live = new LiveTable<ShelfView>(log, TimeProvider.System);

        live.Publish(log.Append(("gadget-1", Bench.Made(shelf: "shelf-1")), ("gadget-1", new GadgetCursed(new ShelfId("shelf-1"))), ("gadget-2", Bench.Made(shelf: "shelf-1"))));

        Assert.Equal(1, live.Find("shelf-1")?.Arrivals);
        Assert.Equal("gadget-1", live.Failure?.Stream);
    }
}
