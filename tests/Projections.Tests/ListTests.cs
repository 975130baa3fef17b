using CsCheck;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class ListTests(TestPostgres postgres)
{
    private static readonly string[] Sorts = ["id", "name", "phase", "rank", "size", "weight", "isShelved", "shelf", "madeAt", "movedAt", "touched"];

    [Fact]
    public async Task All_pages_together_are_the_sorted_list_whatever_the_field_and_the_limit()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var owner = new Bench(database);
        var reader = new ViewReader<GadgetView>(database);
        await Gen.Select(Generated.Commits(gadgets: 40, commits: 40), Gen.Int[1, 9]).SampleAsync(async (commits, limit) =>
        {
            await owner.ExecuteAsync("drop schema if exists read cascade");
            var bench = new Bench(database);
            foreach (var commit in commits) bench.Log.Append(commit);
            await using var running = bench.Start();
            await running.ReachAsync(bench.Log.Head);
            var rows = bench.Log.Fold<GadgetView>().Values.ToList();
            foreach (var sort in Sorts.SelectMany(s => new[] { s, "-" + s }))
            {
                var listed = await ListAllAsync(reader, new() { Sort = sort, Limit = limit, WithTotal = true }, rows.Count);
                Assert.Equal(Sorted(rows, sort).Select(r => r.Id), listed.Select(r => r.Id));
            }
        }, iter: 8, threads: 1);
    }

    [Fact]
    public async Task Rows_that_come_and_go_between_pages_disturb_no_other_row()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await using var running = bench.Start();
        for (var i = 0; i < 9; i++) bench.Log.Append(($"gadget-{i}", Bench.Made(rank: i / 3)));
        running.Projector.Publish(bench.Log.Append(("gadget-x", Bench.Made(rank: null))));
        await running.ReachAsync(bench.Log.Head);
        var reader = new ViewReader<GadgetView>(bench.Db);
        var first = Given(await reader.ListAsync(new() { Sort = "rank", Limit = 4 }, default));

        running.Projector.Publish(bench.Log.Append(("gadget-3", new GadgetScrapped()), ("gadget-00", Bench.Made(rank: 0))));
        await running.ReachAsync(bench.Log.Head);
        var second = Given(await reader.ListAsync(new() { Sort = "rank", After = first.Next }, default));

        Assert.Equal(["gadget-0", "gadget-1", "gadget-2", "gadget-3"], first.Rows.Select(r => r.Id));
        Assert.Equal(["gadget-4", "gadget-5", "gadget-6", "gadget-7", "gadget-8", "gadget-x"], second.Rows.Select(r => r.Id));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task Filters_must_all_hold_and_null_asks_for_rows_without_a_value()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", Bench.Made(rank: 1, shelf: "shelf-1")), ("gadget-2", Bench.Made(rank: 1)), ("gadget-3", Bench.Made(rank: 2, shelf: "shelf-1")));
        await using var running = bench.Start();
        await running.ReachAsync(bench.Log.Head);

        Assert.Equal(["gadget-1"], await IdsAsync(bench, ("rank", "1"), ("shelf", "shelf-1")));
        Assert.Equal(["gadget-2"], await IdsAsync(bench, ("shelf", null)));
        Assert.Equal(["gadget-1", "gadget-2", "gadget-3"], await IdsAsync(bench, ("phase", "building"), ("size", "4294967296"), ("movedAt", null)));
        Assert.Equal(["gadget-1"], await IdsAsync(bench, ("madeAt", "2026-01-01T00:00:01Z")));
        Assert.Empty(await IdsAsync(bench, ("name", "' or true --")));
    }

    [Fact]
    public async Task A_project_sees_its_own_rows_only()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", Bench.Made(project: "project-a", shelf: "shelf-1")), ("gadget-2", Bench.Made(project: "project-b")));
        await using var running = bench.Start();
        await running.ReachAsync(bench.Log.Head);
        var reader = new ViewReader<GadgetView>(bench.Db);

        var page = Given(await reader.ListAsync(new() { Project = "project-a", WithTotal = true }, default));

        Assert.Equal(("gadget-1", 1L), (Assert.Single(page.Rows).Id, page.Total));
        Assert.Empty(Given(await reader.ListAsync(new() { Project = "project-a", Filters = [new("project", "project-b")] }, default)).Rows);
        Assert.Empty(Given(await reader.ListAsync(new() { Project = "\0" }, default)).Rows);
        Assert.Null(await reader.FindAsync("gadget-2", "project-a", default));
        Assert.NotNull(await reader.FindAsync("gadget-2", "project-b", default));
        Assert.NotNull(await reader.FindAsync("gadget-2", project: null, default));
        Assert.Null(await reader.FindAsync("gadget-\0", project: null, default));
        // A shelf is infrastructure: it has no project.
        Assert.NotNull(await ViewReader.For(ViewShape.Of<ShelfView>(), bench.Db).FindRowAsync("shelf-1", "project-b", default));
    }

    [Fact]
    public async Task The_total_of_an_empty_list_is_zero()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        await bench.Tables.EnsureAsync(MemoryLog.Start, default);

        var page = Given(await new ViewReader<GadgetView>(bench.Db).ListAsync(new() { WithTotal = true }, default));

        Assert.Equal((0L, null), (page.Total, page.Next));
    }

    private static async Task<IEnumerable<string>> IdsAsync(Bench bench, params (string Field, string? Value)[] filters) =>
        Given(await new ViewReader<GadgetView>(bench.Db).ListAsync(new() { Filters = [.. filters.Select(f => KeyValuePair.Create(f.Field, f.Value))] }, default))
            .Rows.Select(r => r.Id);

    private static async Task<List<GadgetView>> ListAllAsync(ViewReader<GadgetView> reader, ListQuery query, long total)
    {
        List<GadgetView> all = [];
        do
        {
            var page = Given(await reader.ListAsync(query, default));
            Assert.InRange(page.Rows.Count, total == 0 ? 0 : 1, query.Limit);
            Assert.Equal(total, page.Total);
            all.AddRange(page.Rows);
            query = query with { After = page.Next };
        }
        while (query.After is not null);
        return all;
    }

    private static IEnumerable<GadgetView> Sorted(List<GadgetView> rows, string sort)
    {
        var shape = ViewShape.Of<GadgetView>();
        var field = shape[sort.TrimStart('-')];
        var byValue = Comparer<object?>.Create((a, b) => a is string x && b is string y ? string.CompareOrdinal(x, y) : Comparer<object?>.Default.Compare(a, b));
        var nullsLast = rows.OrderBy(r => shape.ValueOf(field, r) is null);
        return sort[0] == '-'
            ? nullsLast.ThenByDescending(r => shape.ValueOf(field, r), byValue).ThenByDescending(r => r.Id, StringComparer.Ordinal)
            : nullsLast.ThenBy(r => shape.ValueOf(field, r), byValue).ThenBy(r => r.Id, StringComparer.Ordinal);
    }

    private static ListPage<GadgetView> Given(Answer<ListPage<GadgetView>> answer) => Assert.IsType<Answer<ListPage<GadgetView>>.Given>(answer).Value;
}
