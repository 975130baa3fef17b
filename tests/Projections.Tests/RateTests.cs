using System.Diagnostics;
using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Xunit.Abstractions;

namespace IaaS.Projections.Tests;

/// <summary>Measures, and asserts only what no machine excuses.</summary>
[Collection(PostgresTests.Name)]
[Trait("Category", "Measure")]
public sealed class RateTests(TestPostgres postgres, ITestOutputHelper output)
{
    private const int Gadgets = 40_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Applying_beside_a_plain_insert_of_as_many_rows(bool eventsOfARowTogether)
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await bench.Tables.EnsureAsync(MemoryLog.Start, default);
        // Apart is the worst case: each event is a write of its own row, most of them updates.
        var all = eventsOfARowTogether
            ? Enumerable.Range(0, Gadgets).SelectMany(Life)
            : Enumerable.Range(0, 3).SelectMany(step => Enumerable.Range(0, Gadgets).Select(i => Life(i).ElementAt(step)));
        var commits = all.Chunk(600).Select(chunk => bench.Log.Append(chunk)).ToList();
        await using var running = bench.Start(new() { QueuedEvents = 200_000 });
        running.Projector.Publish(commits[0]);
        await running.ReachAsync(commits[0].Events[^1].Position);

        var clock = Stopwatch.StartNew();
        foreach (var commit in commits.Skip(1)) running.Projector.Publish(commit);
        await running.ReachAsync(bench.Log.Head);
        var events = commits.Skip(1).Sum(c => c.Events.Count);
        Tell($"applied {events} events to {Gadgets} rows, {(eventsOfARowTogether ? "a row's together" : "a row's apart")}, 2 views, {running.Projector.Batches} transactions", events / clock.Elapsed.TotalSeconds);

        await PlainInsertAsync(bench);
        Assert.Equal(Gadgets, (await bench.RowsAsync<GadgetView>()).Count);
    }

    private static IEnumerable<(string, IEvent)> Life(int i)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"gadget-{i:d8}");
        yield return (id, Bench.Made(shelf: $"shelf-{i % 100}"));
        yield return (id, new GadgetMoved(new ShelfId($"shelf-{i % 90}"), i, GadgetPhase.Ready));
        yield return (id, new GadgetMoved(Shelf: null, i, GadgetPhase.Broken));
    }

    private async Task PlainInsertAsync(Bench bench)
    {
        var shape = ViewShape.Of<GadgetView>();
        var rows = (await bench.RowsAsync<GadgetView>()).Values.ToList();
        await bench.ExecuteAsync(ViewTables.Ddl(shape).Replace("view_gadget", "plain", StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        foreach (var chunk in rows.Chunk(5_000))
        {
            var casts = string.Join(", ", shape.Fields.Select((f, i) => $"${i + 1}::{(f.IsComparable ? f.SqlType : "text")}[]"));
            var values = string.Join(", ", shape.Fields.Select(f => $"n.{f.Column}::{f.SqlType}"));
            var columns = string.Join(", ", shape.Fields.Select(f => f.Column));
            await using var command = bench.Db.CreateCommand($"insert into read.plain ({columns}) select {values} from unnest({casts}) as n({columns})");
            foreach (var array in shape.Arrays(chunk)) command.Parameters.Add(array);
            await command.ExecuteNonQueryAsync();
        }

        Tell($"plain set-based insert of {rows.Count} rows", rows.Count / clock.Elapsed.TotalSeconds);
    }

    private void Tell(string what, double rate) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {rate:n0}/s"));
}
