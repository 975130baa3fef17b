using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class PoisonTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_event_that_one_view_cannot_take_stops_that_view_right_before_it()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        List<ViewStatus> told = [];
        await using var running = bench.Start(new() { Stopped = told.Add });
        bench.Log.Append(("gadget-1", Bench.Made(shelf: "shelf-1")), ("gadget-1", new GadgetCursed(new ShelfId("shelf-1"))),
            ("gadget-2", Bench.Made(shelf: "shelf-1")), ("gadget-3", Bench.Made(shelf: "shelf-1")));
        var curse = bench.Log.Events[1];
        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
        Assert.Equal(1, (await bench.RowsAsync<ShelfView>())["shelf-1"].Arrivals);
        var expected = new ViewFailure(curse.Position, "gadget-1", "InvalidOperationException: A curse.");
        Assert.Equal(expected, running.Projector.Views.Single(v => v.View == "shelf").Failure);
        Assert.Null(running.Projector.Views.Single(v => v.View == "gadget").Failure);
        var stored = (await bench.Tables.LoadAsync(default))["shelf"];
        Assert.Equal((expected, curse.Position - 1), (stored.Failure, stored.Position));
        // Told right after the position is reached: the next batch is past it.
        running.Projector.Publish(bench.Log.Append(("gadget-4", Bench.Made())));
        await running.ReachAsync(bench.Log.Head);
        Assert.Equal("shelf", Assert.Single(told).View);
    }

    [Fact]
    public async Task A_stopped_view_tries_again_when_the_program_starts_again()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", new GadgetCursed(new ShelfId("shelf-1"))), ("gadget-2", Bench.Made(shelf: "shelf-1")));
        await using (var first = bench.Start()) await first.ReachAsync(bench.Log.Head);
        // As if the program had been mended: the event is one that the view can take.
        await bench.ExecuteAsync($"update read.checkpoint set position = {bench.Log.Events[0].Position} where view = 'shelf'");

        await using var second = bench.Start();
        await second.ReachAsync(bench.Log.Head);

        Assert.Equal(1, (await bench.RowsAsync<ShelfView>())["shelf-1"].Arrivals);
        Assert.Null((await bench.Tables.LoadAsync(default))["shelf"].Failure);
    }

    [Theory]
    [InlineData("nul\0", GadgetPhase.Ready, "22021")]
    [InlineData("fine", (GadgetPhase)99, "99 is no member")]
    public async Task A_row_that_cannot_be_written_stops_its_view_only(string name, GadgetPhase phase, string error)
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        bench.Log.Append(("gadget-1", Bench.Made(name, shelf: "shelf-1")), ("gadget-1", new GadgetMoved(new ShelfId("shelf-1"), 1, phase)));

        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<ShelfView>();
        Assert.Empty(await bench.RowsAsync<GadgetView>());
        Assert.Contains(error, running.Projector.Views.Single(v => v.View == "gadget").Failure!.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_that_no_column_holds_stops_its_view_only()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        bench.Log.Append(("gadget-\0", Bench.Made(shelf: "shelf-1")));

        await running.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<ShelfView>();
        Assert.NotNull(running.Projector.Views.Single(v => v.View == "gadget").Failure);
    }
}
