using CsCheck;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class HistoryTests(TestPostgres postgres)
{
    [Fact]
    public async Task At_every_boundary_the_rows_that_were_are_known_however_events_are_cut_into_batches()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var owner = new Bench(database);
        await Gen.Select(Generated.Commits(gadgets: 5, commits: 25), Gen.Int[1, 6], Gen.Int[1, 12], Gen.Int[28, 1_600])
            .SampleAsync(async (commits, firstCut, secondCut, stride) =>
            {
                var bench = new Bench(database) { Log = new() { Stride = stride } };
                foreach (var commit in commits) bench.Log.Append(commit);
                var first = await RunAsync(bench, firstCut);
                for (var boundary = 0L; boundary <= bench.Log.Head; boundary += ViewHistory.Granularity)
                {
                    Assert.Equal(Bench.Text(bench.Log.Fold<GadgetView>(boundary).Values), Bench.Text(await AtAsync<GadgetView>(database, boundary)));
                    Assert.Equal(Bench.Text(bench.Log.Fold<ShelfView>(boundary).Values), Bench.Text(await AtAsync<ShelfView>(database, boundary)));
                    Assert.Equal(bench.Log.Fold<GadgetView>(boundary).Values.SelectMany(g => g.Parts.Select((p, i) => $"{g.Id} {i} {g.Project} {p.Label} {p.ShelfId} {p.Weight}")),
                        await PartsAsync(database, boundary));
                }

                Assert.Equal(first, await RunAsync(bench, secondCut));
            }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task A_row_that_changes_with_every_event_keeps_one_version_a_boundary()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        for (var i = 0; i < 12_000; i++) bench.Log.Append(($"gadget-{i}", Bench.Made(shelf: "shelf-1")));
        await RunAsync(bench, 5_000);

        await using var command = bench.Db.CreateCommand("select count(*) from read.past_shelf");
        Assert.Equal(bench.Log.Head / ViewHistory.Granularity, await command.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData("web-01.prod", "01 prod web")]
    [InlineData("Überlast, 東京!", "überlast 東京")]
    [InlineData("--- ", "")]
    public void Words_are_runs_of_letters_and_digits(string text, string words) =>
        Assert.Equal(words, string.Join(' ', SearchWords.Of(text).Order(StringComparer.Ordinal)));

    /// <summary>All tables as they are after the whole log, in one text.</summary>
    private static async Task<string> RunAsync(Bench bench, int batch)
    {
        await bench.ExecuteAsync("drop schema if exists read cascade");
        await using (var running = bench.Start(new() { BatchEvents = batch, CachedRows = 6 })) await running.ReachAsync(bench.Log.Head);
        await using var command = bench.Db.CreateCommand("""
            select string_agg(t, E'\n' order by t) from (
              select 'view ' || v::text as t from read.view_gadget v union all select 'past ' || p::text from read.past_gadget p
              union all select 'part ' || e::text from read.part_gadget_parts e union all select 'past part ' || e::text from read.past_part_gadget_parts e
              union all select 'shelf ' || s::text from read.view_shelf s union all select 'past shelf ' || s::text from read.past_shelf s) x
            """);
        return await command.ExecuteScalarAsync() as string ?? "";
    }

    private static async Task<IReadOnlyList<TView>> AtAsync<TView>(NpgsqlDataSource db, long boundary) where TView : class, IView<TView>
    {
        var shape = ViewShape.Of<TView>();
        var columns = string.Join(", ", shape.Fields.Select(f => $"\"{f.Column}\""));
        await using var command = db.CreateCommand($"""
            select {columns} from {ViewTables.TableOf(shape)} where "#from" <= {boundary}
            union all select {columns} from {ViewTables.PastOf(shape)} where "#from" <= {boundary} and "#until" > {boundary} order by id
            """);
        await using var reader = await command.ExecuteReaderAsync();
        List<TView> rows = [];
        while (await reader.ReadAsync()) rows.Add(shape.Read(reader));
        return rows;
    }

    private static async Task<IReadOnlyList<string>> PartsAsync(NpgsqlDataSource db, long boundary)
    {
        await using var command = db.CreateCommand($"""
            select concat_ws(' ', "#owner", "#no", "#project", label, coalesce(shelf_id, ''), weight) from (
              select "#owner", "#no", "#project", label, shelf_id, weight from read.part_gadget_parts where "#from" <= {boundary}
              union all select "#owner", "#no", "#project", label, shelf_id, weight from read.past_part_gadget_parts where "#from" <= {boundary} and "#until" > {boundary}) x
            order by "#owner", "#no"
            """);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> parts = [];
        while (await reader.ReadAsync()) parts.Add(reader.GetString(0));
        return parts;
    }
}
