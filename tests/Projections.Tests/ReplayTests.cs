using CsCheck;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class ReplayTests(TestPostgres postgres)
{
    [Fact]
    public async Task Whatever_is_pushed_dropped_or_killed_the_tables_are_the_fold_of_the_log()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var owner = new Bench(database);
        await Gen.Select(Generated.Commits(gadgets: 8, commits: 30), Gen.Int[0, 3].List[30], Gen.Int[1, 12], Gen.Int[2, 20])
            .SampleAsync(async (commits, fates, batch, cached) =>
            {
                await owner.ExecuteAsync("drop schema if exists read cascade");
                var bench = new Bench(database);
                var options = new ProjectorOptions { BatchEvents = batch, CachedRows = cached, QueuedEvents = 20, FirstBackOff = TimeSpan.FromMilliseconds(2) };
                var running = bench.Start(options);
                for (var i = 0; i < commits.Count; i++)
                {
                    var commit = bench.Log.Append(commits[i]);
                    switch (fates[i])
                    {
                        case 0: // Committed by another node: nobody tells.
                            break;
                        case 1: // Killed wherever it stands, and started again.
                            running.Projector.Publish(commit);
                            await running.DisposeAsync();
                            running = bench.Start(options);
                            break;
                        default:
                            running.Projector.Publish(commit);
                            break;
                    }
                }

                running.Projector.Publish(bench.Log.Append(("gadget-last", Bench.Made())));
                await running.ReachAsync(bench.Log.Head);
                await bench.AssertExactAsync<GadgetView>();
                await bench.AssertExactAsync<ShelfView>();
                await running.DisposeAsync();
            }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task A_projector_takes_up_from_its_checkpoint()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", Bench.Made(shelf: "shelf-1")), ("gadget-2", Bench.Made(shelf: "shelf-1")));
        await using (var first = bench.Start()) await first.ReachAsync(bench.Log.Head);
        bench.Log.Append(("gadget-1", new GadgetMoved(new ShelfId("shelf-1"), 2, GadgetPhase.Ready)));

        await using var second = bench.Start();
        await second.ReachAsync(bench.Log.Head);

        Assert.Equal(1, second.Projector.Applied);
        await bench.AssertExactAsync<GadgetView>();
        await bench.AssertExactAsync<ShelfView>();
    }

    [Fact]
    public async Task Two_projectors_on_one_database_apply_no_event_twice()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var one = bench.Start();
        await using var two = bench.Start();
        for (var i = 0; i < 50; i++)
        {
            var commit = bench.Log.Append(($"gadget-{i % 5}", Bench.Made(shelf: "shelf-1")), ($"gadget-{i % 5}", new GadgetMoved(new ShelfId("shelf-2"), i, GadgetPhase.Ready)));
            one.Projector.Publish(commit);
            two.Projector.Publish(commit);
        }

        await one.ReachAsync(bench.Log.Head);
        await two.ReachAsync(bench.Log.Head);

        await bench.AssertExactAsync<GadgetView>();
        await bench.AssertExactAsync<ShelfView>();
    }

    [Fact]
    public async Task A_lost_connection_is_retried_until_the_tables_are_exact()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var running = bench.Start(new() { FirstBackOff = TimeSpan.FromMilliseconds(5), Retrying = _ => failed.TrySetResult() });
        running.Projector.Publish(bench.Log.Append(("gadget-1", Bench.Made(shelf: "shelf-1"))));
        await running.ReachAsync(bench.Log.Head);

        await bench.ExecuteAsync("alter table read.view_shelf rename to away");
        running.Projector.Publish(bench.Log.Append(("gadget-2", Bench.Made(shelf: "shelf-1"))));
        await failed.Task.WaitAsync(Bench.Patience);
        await bench.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        await bench.ExecuteAsync("alter table read.away rename to view_shelf");

        await running.ReachAsync(bench.Log.Head);
        await bench.AssertExactAsync<GadgetView>();
        await bench.AssertExactAsync<ShelfView>();
        Assert.Null(running.Projector.LastError);
    }

    [Fact]
    public void The_events_of_a_test_assembly_have_names() =>
        Assert.Equal(typeof(GadgetMade), new EventNames(typeof(GadgetMade).Assembly).TypeOf("gadget.made/1"));
}
