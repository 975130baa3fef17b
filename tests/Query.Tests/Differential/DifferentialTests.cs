using System.Globalization;
using System.Text.Json;
using CsCheck;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Tests;
using Npgsql;

namespace IaaS.Query.Tests.Differential;

[CollectionDefinition(Name)]
public sealed class WithPostgres : ICollectionFixture<TestPostgres>
{
    public const string Name = "query postgres";
}

/// <summary>Random questions to random worlds: the compiler's SQL answers what looking at every row answers.</summary>
[Collection(WithPostgres.Name)]
public sealed class DifferentialTests(TestPostgres postgres)
{
    private static readonly IReadOnlyList<ViewShape> Shapes =
        [ViewShape.Of<RegionView>(), ViewShape.Of<RackView>(), ViewShape.Of<NetView>(), ViewShape.Of<OwnerView>(), ViewShape.Of<BoxView>(), ViewShape.Of<DiskView>()];

    private static readonly int Questions = int.TryParse(Environment.GetEnvironmentVariable("IAAS_QUERIES"), CultureInfo.InvariantCulture, out var n) ? n : 3_000;

    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("IAAS_SEED"), CultureInfo.InvariantCulture, out var s) ? s : 20261123;

    [Fact]
    public async Task Every_answer_is_the_one_that_looking_at_every_row_gives()
    {
        const int Worlds = 12;
        for (var world = 0; world < Worlds; world++)
        {
            var chance = new PCG((uint)world, Seed);
            var log = new MemoryLog { Stride = 1 + (int)chance.Next(240) };
            foreach (var happened in Differential.Worlds.Any.Generate(chance, min: null, out _)) log.Append(happened);
            var database = await postgres.NewDatabaseAsync();
            await LoadAsync(database, log);
            await using var queries = QueryDatabase.Open(database.ConnectionString, new());
            var engine = new QueryEngine(queries, new QuerySchema(Shapes), log, TimeProvider.System);
            for (var i = 0; i < Questions / Worlds; i++)
            {
                var project = chance.Next(3) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"owner-{1 + chance.Next(2)}");
                var query = new QueryGen(chance, admin: project is null, log.Head).Next();
                if (await WrongAsync(engine, log, query, project) is null) continue;
                query = await ShrunkAsync(query, async smaller => await WrongAsync(engine, log, smaller, project) is not null);
                var explained = await engine.ExplainAsync(query, new(project), default) is Answer<QueryPlan>.Given { Value: var plan } ? plan.Sql : "";
                Assert.Fail($"Seed {Seed}, world {world}, question {i}, as {project ?? "administrator"}:\n{QueryPrinter.Print(query)}\n{await WrongAsync(engine, log, query, project)}\n{explained}");
            }

            await database.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("disk", "box")]
    [InlineData("box", "rack")]
    public async Task A_related_row_is_that_row_whether_it_comes_as_columns_or_as_json(string kind, string relation)
    {
        var log = new MemoryLog();
        foreach (var happened in Differential.Worlds.Any.Generate(new PCG(7, Seed), min: null, out _)) log.Append(happened);
        await using var database = await postgres.NewDatabaseAsync();
        await LoadAsync(database, log);
        await using var queries = QueryDatabase.Open(database.ConnectionString, new());
        var engine = new QueryEngine(queries, new QuerySchema(Shapes), log, TimeProvider.System);
        var themselves = (await AskAsync(engine, relation)).Rows;
        var fields = new QuerySchema(Shapes).Find(relation)!.Fields.Select(f => f.Name).ToList();
        var whole = (await AskAsync(engine, $"{relation} return {string.Join(", ", fields)}")).Rows
            .ToDictionary(r => (string)r[0]!, r => Json(fields.Zip(r).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal)), StringComparer.Ordinal);
        Assert.Equal(themselves.Count, whole.Count);

        // So often that they are more columns than the database takes.
        var answer = await AskAsync(engine, $"{kind} return {relation}Id, {string.Join(", ", Enumerable.Range(0, 300).Select(i => $"{relation} as r{i}"))}");

        Assert.Contains(answer.Rows, r => r[1] is RelatedRow && r[^1] is JsonText);
        foreach (var row in answer.Rows)
        {
            // It may be of one that is not there.
            var there = row[0] is string id && whole.TryGetValue(id, out var known) ? known : Json(null);
            Assert.All(row.Skip(1), cell => Assert.True(JsonElement.DeepEquals(there, Json(cell)), $"{Json(cell)} instead of {there}"));
        }
    }

    private static JsonElement Json(object? value) => JsonElement.Parse(JsonSerializer.Serialize(value));

    private static async Task<QueryAnswer> AskAsync(QueryEngine engine, string text) =>
        ((Answer<QueryAnswer>.Given)await engine.AskAsync(((Answer<QuerySyntax>.Given)QueryParser.ParseOne(text)).Value, new(null), default)).Value;

    private static async Task LoadAsync(NpgsqlDataSource database, MemoryLog log)
    {
        var projector = new Projector(database, new(database, Shapes), log, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => projector.RunAsync(stop.Token));
        Assert.True(await projector.WaitForAsync(log.Head, TimeSpan.FromSeconds(60)), $"{projector.LastError}");
        await stop.CancelAsync();
        await running;
    }

    /// <summary>Null when the answer is right, else both.</summary>
    private static async Task<string?> WrongAsync(QueryEngine engine, MemoryLog log, QuerySyntax query, string? project)
    {
        var until = query.AsOf is { } moment ? long.Parse(moment.Text, CultureInfo.InvariantCulture) : long.MaxValue;
        var brute = new Brute(Shapes, Shapes.ToDictionary(s => s.Name, s => Fold(log, s, until)), project);
        var expected = Expected.Rows(brute, query).Select(Expected.Text).ToList();
        List<string> got = [];
        // Through the text, as users ask.
        var parsed = ((Answer<QuerySyntax>.Given)QueryParser.ParseOne(QueryPrinter.Print(query))).Value;
        for (var page = parsed; ;)
        {
            switch (await engine.AskAsync(page, new(project), default))
            {
                case Answer<QueryAnswer>.Refused { Reason: var why }: return $"Refused: {why}";
                case Answer<QueryAnswer>.Given { Value: var answer }:
                    if (query.WithTotal && answer.Total != expected.Count) return $"Total {answer.Total}, expected {expected.Count}";
                    if (answer.Position != Math.Min(until, log.Head)) return $"Position {answer.Position}, expected {Math.Min(until, log.Head)}";
                    var keep = query.Return is null ? Expected.Shown(query.Kind) : answer.Keys;
                    got.AddRange(answer.Rows.Select(r => Expected.Text([.. keep.Select(k => r[answer.Keys.ToList().IndexOf(k)])])));
                    if (answer.Rows.Count > page.Limit!.Value || (answer.Next is not null && answer.Rows.Count < page.Limit.Value)) return "A page of another size than asked for.";
                    if (answer.Next is { } next && got.Count <= expected.Count)
                    {
                        page = page with { After = new(next, LiteralKind.Quoted, page.At) };
                        continue;
                    }

                    break;
            }

            break;
        }

        if (query.GroupBy.Count > 0)
        {
            expected.Sort(StringComparer.Ordinal);
            got.Sort(StringComparer.Ordinal);
        }

        return expected.SequenceEqual(got, StringComparer.Ordinal) ? null : $"Expected:\n  {string.Join("\n  ", expected)}\nGot:\n  {string.Join("\n  ", got)}";
    }

    private static IReadOnlyList<object> Fold(MemoryLog log, ViewShape shape, long until) =>
        (IReadOnlyList<object>)typeof(DifferentialTests).GetMethod(nameof(FoldOf), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(shape.View).Invoke(obj: null, [log, until])!;

    private static IReadOnlyList<object> FoldOf<TView>(MemoryLog log, long until) where TView : class, IView<TView> => [.. log.Fold<TView>(until).Values];

    /// <summary>The smallest query on the way that is still answered wrongly.</summary>
    private static async Task<QuerySyntax> ShrunkAsync(QuerySyntax query, Func<QuerySyntax, Task<bool>> isWrong)
    {
        while (true)
        {
            QuerySyntax? smaller = null;
            foreach (var candidate in Shrink.Smaller(query))
            {
                if (!await isWrong(candidate)) continue;
                smaller = candidate;
                break;
            }

            if (smaller is null) return query;
            query = smaller;
        }
    }
}
