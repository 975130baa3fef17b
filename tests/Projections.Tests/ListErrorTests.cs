using IaaS.Domain.Kernel;
using IaaS.Projections.Query;

namespace IaaS.Projections.Tests;

[Collection(PostgresTests.Name)]
public sealed class ListErrorTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_unknown_field_is_answered_with_the_nearest_and_all_known_ones()
    {
        foreach (var query in new[] { new ListQuery { Sort = "-rnak" }, new ListQuery { Filters = [new("rnak", "1")] } })
        {
            var refused = await RefusedAsync(query, "query.unknown-field");
            Assert.Contains("Did you mean 'rank'?", refused.Detail, StringComparison.Ordinal);
            Assert.Contains("id, project, name, phase, rank", refused.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("rank", "high", "a whole number of 32 bits")]
    [InlineData("rank", "3000000000", "a whole number of 32 bits")]
    [InlineData("size", "4G", "a whole number of bytes")]
    [InlineData("phase", "Melted", "one of Building, Ready, Broken")]
    [InlineData("phase", "1", "one of Building, Ready, Broken")]
    [InlineData("isShelved", "yes", "true or false")]
    [InlineData("madeAt", "yesterday", "a time like")]
    [InlineData("weight", "heavy", "a number")]
    [InlineData("name", "nul\0", "text")]
    public async Task A_value_of_the_wrong_type_is_answered_with_what_is_expected(string field, string value, string expected) =>
        Assert.Contains(expected, (await RefusedAsync(new() { Filters = [new(field, value)] }, "query.bad-value")).Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(int.MaxValue)]
    public async Task A_limit_out_of_range_is_refused(int limit) => await RefusedAsync(new() { Limit = limit }, "query.bad-limit");

    [Theory]
    [InlineData("tags")]
    [InlineData("spec")]
    public async Task Lists_and_documents_can_be_neither_sorted_nor_filtered_by(string field)
    {
        await RefusedAsync(new() { Sort = field }, "query.not-comparable");
        await RefusedAsync(new() { Filters = [new(field, "x")] }, "query.not-comparable");
    }

    [Fact]
    public async Task A_cursor_that_is_made_up_tampered_with_or_for_another_sort_is_refused()
    {
        await using var bench = new Bench(await postgres.NewDatabaseAsync());
        bench.Log.Append(("gadget-1", Bench.Made()), ("gadget-2", Bench.Made()));
        await using var running = bench.Start();
        await running.ReachAsync(bench.Log.Head);
        var answer = await new ViewReader<GadgetView>(bench.Db).ListAsync(new() { Sort = "rank", Limit = 1 }, default);
        var cursor = Assert.IsType<Answer<ListPage<GadgetView>>.Given>(answer).Value.Next!;

        foreach (var other in new[] { "id", "-rank", "name" }) await RefusedAsync(new() { Sort = other, After = cursor }, "query.bad-cursor");
        foreach (var bad in new[] { "", "%%%", "AAAA", cursor + "A", cursor[..^1], new string('A', 10_000) })
        {
            await RefusedAsync(new() { Sort = "rank", After = bad }, "query.bad-cursor");
        }

        for (var i = 0; i < cursor.Length; i++)
        {
            var tampered = cursor[..i] + (cursor[i] == 'x' ? 'y' : 'x') + cursor[(i + 1)..];
            await RefusedAsync(new() { Sort = "rank", After = tampered }, "query.bad-cursor");
        }
    }

    /// <summary>Nothing that is refused reaches the database: there is none behind this reader.</summary>
    private static async Task<Rejection> RefusedAsync(ListQuery query, string code)
    {
        await using var nowhere = Npgsql.NpgsqlDataSource.Create("Host=/nonexistent");
        var refused = Assert.IsType<Answer<ListPage<GadgetView>>.Refused>(await new ViewReader<GadgetView>(nowhere).ListAsync(query, default)).Reason;
        Assert.Equal((RejectionKind.Invalid, code), (refused.Kind, refused.Code));
        return refused;
    }
}
