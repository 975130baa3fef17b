using System.Diagnostics.CodeAnalysis;
using CsCheck;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Rebuild;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class RebuildTests(TestPostgres postgres)
{
    private static readonly ViewShape Gadgets = ViewShape.Of<GadgetView>();
    private static readonly ViewShape Shelves = ViewShape.Of<ShelfView>();

    [Fact]
    public async Task Readers_see_every_row_at_any_time_of_a_rebuild_and_nothing_is_lost_of_what_happens_meanwhile()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        const int Rows = 200;
        for (var i = 0; i < Rows; i++) running.Projector.Publish(bench.Log.Append(($"gadget-{i}", Bench.Made(shelf: "shelf-1"))));
        await running.ReachAsync(bench.Log.Head);
        await using var rebuilding = new Rebuilding(bench, running.Projector);
        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                running.Projector.Publish(bench.Log.Append(($"gadget-{i % Rows}", new GadgetMoved(new ShelfId($"shelf-{i % 7}"), i % 4, GadgetPhase.Ready))));
                await running.ReachAsync(bench.Log.Head);
            }
        });
        var reading = Task.Run(async () =>
        {
            var (reads, last) = (0, 0L);
            while (!done.IsCancellationRequested)
            {
                await using var command = bench.Db.CreateCommand("select count(*), sum(touched) from read.view_gadget");
                await using var reader = await command.ExecuteReaderAsync();
                await reader.ReadAsync();
                Assert.Equal(Rows, reader.GetInt64(0));
                // Never back to what was before.
                Assert.InRange(reader.GetDecimal(1), last, decimal.MaxValue);
                last = (long)reader.GetDecimal(1);
                reads++;
            }

            return reads;
        });

        for (var i = 0; i < 3; i++)
        {
            foreach (var view in new[] { Gadgets, Shelves }) Assert.True(rebuilding.Rebuilder.TryAsk(BuildKind.Rebuild, view));
            foreach (var view in new[] { Gadgets, Shelves }) await rebuilding.DoneAsync(view);
        }

        await done.CancelAsync();
        await writing;
        Assert.True(await reading > 0);
        await running.ReachAsync(bench.Log.Head);
        await bench.AssertExactAsync<GadgetView>();
        await bench.AssertExactAsync<ShelfView>();
        Assert.Equal(3, (await bench.Tables.LoadAsync(default))["gadget"].Epoch);
    }

    [Fact]
    public async Task Whatever_happened_a_rebuilt_view_is_row_by_row_the_one_that_grew()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await Generated.Commits(gadgets: 6, commits: 40).SampleAsync(async commits =>
        {
            await bench.ExecuteAsync("drop schema if exists read cascade; drop schema if exists read_next cascade");
            var fresh = new Bench(bench.Db) { Log = new MemoryLog { Stride = 60 } };
            await using var running = fresh.Start(new() { BatchEvents = 7, FirstBackOff = TimeSpan.FromMilliseconds(2) });
            foreach (var commit in commits) fresh.Log.Append(commit);
            running.Projector.Publish(fresh.Log.Append(("gadget-last", Bench.Made())));
            await running.ReachAsync(fresh.Log.Head);
            await using var rebuilding = new Rebuilding(fresh, running.Projector);

            foreach (var kind in new[] { BuildKind.Verify, BuildKind.Rebuild, BuildKind.Verify })
            {
                Assert.True(rebuilding.Rebuilder.TryAsk(kind, Gadgets));
                var status = await rebuilding.DoneAsync(Gadgets);
                if (kind == BuildKind.Verify) Assert.Equal((0, 0L), (status.Found!.Different.Count, status.Found.OthersDifferent));
            }
        }, iter: 25, threads: 1);
    }

    [Fact]
    public async Task A_rebuild_that_was_killed_is_taken_up_where_it_was()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        for (var i = 0; i < 12_000; i++) bench.Log.Append(($"gadget-{i % 100}", i < 100 ? Bench.Made() : new GadgetMoved(Shelf: null, i % 3, GadgetPhase.Ready)));
        running.Projector.Publish(bench.Log.Append(("gadget-last", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        var slow = new HaltingFeed(bench.Log, pages: 2);
        await using (var first = new Rebuilding(bench, running.Projector, slow))
        {
            Assert.True(first.Rebuilder.TryAsk(BuildKind.Rebuild, Gadgets));
            await slow.Halted.WaitAsync(Bench.Patience);
        }

        await using var second = new Rebuilding(bench, running.Projector);
        // Nobody asks for it.
        var status = await second.DoneAsync(Gadgets);

        Assert.InRange(status.Progress.Events, 1, 12_001 - 5_000);
        Assert.Equal(1, (await bench.Tables.LoadAsync(default))["gadget"].Epoch);
        await bench.AssertExactAsync<GadgetView>();
    }

    [Fact]
    public async Task A_view_that_is_declared_otherwise_serves_at_once_and_is_rebuilt_beside()
    {
        await using var old = new Bench(await postgres.NewDatabaseAsync());
        old.Log.Append(("gadget-1", Bench.Made("one", shelf: "shelf-1")), ("gadget-1", new GadgetMoved(new ShelfId("shelf-1"), 2, GadgetPhase.Ready)), ("gadget-2", Bench.Made("two")));
        await using (var before = old.Start()) await before.ReachAsync(old.Log.Head);

        var bench = new Bench(old.Db, [ViewShape.Of<LoudGadgetView<Later>>(), Shelves]) { Log = old.Log };
        await using var running = bench.Start();
        running.Projector.Publish(bench.Log.Append(("gadget-3", Bench.Made("three"))));
        await running.ReachAsync(bench.Log.Head);
        // The rows of before, with nothing yet in the new field; and what happened since.
        Assert.Equal(["", "", "THREE"], (await bench.RowsAsync<LoudGadgetView<Later>>()).Values.Select(g => g.Shout));
        Assert.Equal(["one", "two", "three"], (await bench.RowsAsync<LoudGadgetView<Later>>()).Values.Select(g => g.Name));
        Assert.Equal(["gadget"], running.Projector.Stale);
        Assert.True((await bench.Tables.LoadAsync(default))["gadget"].Stale);

        await using var rebuilding = new Rebuilding(bench, running.Projector);
        await rebuilding.DoneAsync(ViewShape.Of<LoudGadgetView<Later>>());

        await bench.AssertExactAsync<LoudGadgetView<Later>>();
        Assert.False((await bench.Tables.LoadAsync(default))["gadget"].Stale);
        running.Projector.Publish(bench.Log.Append(("gadget-4", Bench.Made("four"))));
        await running.ReachAsync(bench.Log.Head);
        await bench.AssertExactAsync<LoudGadgetView<Later>>();
        Assert.Empty(running.Projector.Stale);
    }

    [Fact]
    public async Task A_verification_names_the_rows_and_fields_that_are_not_what_the_log_says_and_changes_nothing()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        running.Projector.Publish(bench.Log.Append(Enumerable.Range(1, 5).Select(i => ($"gadget-{i}", (IEvent)Bench.Made($"g{i}", rank: i)))));
        await running.ReachAsync(bench.Log.Head);
        await bench.ExecuteAsync("update read.view_gadget set rank = 99 where id = 'gadget-2'; delete from read.view_gadget where id = 'gadget-4'; insert into read.view_shelf (id, arrivals, \"#from\", \"#search\") values ('shelf-9', 1, 1, '')");
        await using var rebuilding = new Rebuilding(bench, running.Projector);

        Assert.True(rebuilding.Rebuilder.TryAsk(BuildKind.Verify, Gadgets));
        var gadgets = (await rebuilding.DoneAsync(Gadgets)).Found!;
        Assert.True(rebuilding.Rebuilder.TryAsk(BuildKind.Verify, Shelves));
        var shelves = (await rebuilding.DoneAsync(Shelves)).Found!;

        Assert.Equal((bench.Log.Head, 4L), (gadgets.Position, gadgets.Rows));
        Assert.Equal(["gadget-2", "gadget-4"], gadgets.Different.Select(d => d.Id));
        Assert.Equal(new("99", "2"), Assert.Single(gadgets.Different[0].Fields).Value);
        Assert.Equal(new(null, "g4"), gadgets.Different[1].Fields["name"]);
        Assert.Equal("shelf-9", Assert.Single(shelves.Different).Id);
        Assert.Equal(99, (await bench.RowsAsync<GadgetView>())["gadget-2"].Rank);
        Assert.Equal(0, (await bench.Tables.LoadAsync(default))["gadget"].Epoch);
    }

    [Fact]
    public async Task A_view_that_cannot_be_built_holds_up_no_other()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", Bench.Made("nul\0", shelf: "shelf-1")), ("gadget-2", Bench.Made(shelf: "shelf-1")));
        await using var running = bench.Start();
        await running.ReachAsync(bench.Log.Head);
        await bench.ExecuteAsync("update read.checkpoint set stale = true");

        await using var rebuilding = new Rebuilding(bench, running.Projector);
        await rebuilding.DoneAsync(Shelves);

        Assert.Contains("22021", (await rebuilding.EndAsync(Gadgets)).Error, StringComparison.Ordinal);
        await bench.AssertExactAsync<ShelfView>();
        Assert.False((await bench.Tables.LoadAsync(default))["shelf"].Stale);
        Assert.True((await bench.Tables.LoadAsync(default))["gadget"].Stale);
    }

    [Fact]
    public async Task An_event_is_skipped_when_an_operator_names_it_and_that_is_recorded()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        bench.Log.Append(("gadget-1", Bench.Made(shelf: "shelf-1")), ("gadget-1", new GadgetCursed(new ShelfId("shelf-1"))), ("gadget-2", Bench.Made(shelf: "shelf-1")));
        await running.ReachAsync(bench.Log.Head);
        await using var rebuilding = new Rebuilding(bench, running.Projector);
        var stopped = new StoppedViews(bench.Db, running.Projector, rebuilding.Rebuilder, TimeProvider.System);
        var curse = bench.Log.Events[1].Position;

        Assert.Equal("projection.not-there", (await stopped.SkipAsync(Shelves, curse + 1, "ann", "?", default))?.Code);
        Assert.Equal("projection.not-stopped", (await stopped.SkipAsync(Gadgets, curse, "ann", "?", default))?.Code);
        Assert.Null(await stopped.SkipAsync(Shelves, curse, "ann", "A test of curses.", default));
        running.Projector.Publish(bench.Log.Append(("gadget-3", Bench.Made(shelf: "shelf-1"))));
        await Bench.UntilAsync(async () => (await bench.Tables.LoadAsync(default))["shelf"] is { Failure: null } c && c.Position == bench.Log.Head);

        Assert.Equal(3, (await bench.RowsAsync<ShelfView>())["shelf-1"].Arrivals);
        var skipped = Assert.Single(await stopped.SkippedAsync(Shelves, default));
        Assert.Equal((curse, "gadget-1", "ann", "A test of curses."), (skipped.Position, skipped.Stream, skipped.Actor, skipped.Reason));
        Assert.Equal("InvalidOperationException: A curse.", skipped.Error);
        // It stays skipped when the view is built anew.
        Assert.True(rebuilding.Rebuilder.TryAsk(BuildKind.Rebuild, Shelves));
        await rebuilding.DoneAsync(Shelves);
        Assert.Equal(3, (await bench.RowsAsync<ShelfView>())["shelf-1"].Arrivals);
        Assert.Equal("projection.not-stopped", (await stopped.RetryAsync(Shelves, default))?.Code);
    }
}

/// <summary>A rebuilder at work; disposing it is as if its process had been killed.</summary>
public sealed class Rebuilding : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    public Rebuilding(Bench bench, Projector projector, IFeed? feed = null)
    {
        Rebuilder = new(bench.Db, bench.Tables, feed ?? bench.Log, projector, TimeProvider.System);
        running = Task.Run(() => Rebuilder.RunAsync(stop.Token));
    }

    public Rebuilder Rebuilder { get; }

    public async Task<BuildStatus> DoneAsync(ViewShape view)
    {
        var status = await EndAsync(view);
        Assert.Null(status.Error);
        return status;
    }

    public async Task<BuildStatus> EndAsync(ViewShape view)
    {
        await Bench.UntilAsync(() => Rebuilder.StatusOf(view.Name) is { State: BuildState.Done or BuildState.Failed });
        return Rebuilder.StatusOf(view.Name)!;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }
}

/// <summary>Answers some pages, and the next never.</summary>
public sealed class HaltingFeed(IFeed feed, int pages) : IFeed
{
    private readonly TaskCompletionSource halted = new();
    private int read;

    public Task Halted => halted.Task;

    public async Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct)
    {
        if (read++ < pages) return await feed.ReadAsync(after, max, ct);
        halted.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        return [];
    }
}

public sealed class Later;

/// <summary>The gadget's view as a later program declares it. Generic, so that a search of this assembly for views does not find it.</summary>
[SuppressMessage("Design", "CA1000", Justification = "A view is declared by static members.")]
public sealed record LoudGadgetView<TProgram>(string Id, string Name, string Shout) : IView<LoudGadgetView<TProgram>>
{
    public static ViewType Type { get; } = new("gadget", 2, []) { Plural = "gadgets" };

    public static string? RowOf(Recorded happened) => GadgetView.RowOf(happened);

    public static LoudGadgetView<TProgram>? Apply(LoudGadgetView<TProgram>? row, Recorded happened) => (happened.Event, row) switch
    {
        (GadgetMade e, _) => new LoudGadgetView<TProgram>(happened.Stream, e.Name, e.Name.ToUpperInvariant()),
        (GadgetScrapped, _) => null,
        _ => row,
    };
}
