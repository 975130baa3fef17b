using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Tests;

/// <summary>A database, a log, and projectors over them.</summary>
public sealed class Bench(NpgsqlDataSource db, IReadOnlyList<ViewShape>? views = null) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public NpgsqlDataSource Db { get; } = db;

    public MemoryLog Log { get; init; } = new();

    public ViewTables Tables { get; } = new(db, views ?? [ViewShape.Of<GadgetView>(), ViewShape.Of<ShelfView>()]);

    public Projector NewProjector(ProjectorOptions? options = null) =>
        new(Db, Tables, Log, TimeProvider.System, options ?? new() { FirstBackOff = TimeSpan.FromMilliseconds(5) });

    public Running Start(ProjectorOptions? options = null) => new(NewProjector(options));

    public static GadgetMade Made(string name = "g", string project = "project-a", int? rank = 1, string? shelf = null) =>
        new(project, name, rank, 4.GiB, Weight: null, shelf is null ? null : new ShelfId(shelf), [], Spec: null);

    public async Task<IReadOnlyDictionary<string, TView>> RowsAsync<TView>() where TView : class, IView<TView>
    {
        var shape = ViewShape.Of<TView>();
        await using var command = Db.CreateCommand($"select {string.Join(", ", shape.Fields.Select(f => f.Column))} from {ViewTables.TableOf(shape)}");
        await using var reader = await command.ExecuteReaderAsync();
        SortedDictionary<string, TView> rows = new(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            var row = shape.Read(reader);
            rows.Add(row.Id, row);
        }

        return rows;
    }

    /// <summary>The tables are the fold of the log.</summary>
    public async Task AssertExactAsync<TView>() where TView : class, IView<TView> =>
        Assert.Equal(Text(Log.Fold<TView>().Values), Text((await RowsAsync<TView>()).Values));

    public static string Text<TRow>(IEnumerable<TRow> rows) => string.Join('\n', rows.Select(r => JsonSerializer.Serialize(r, DomainJson.Options)));

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <summary>Looks again and again until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while (!await condition()) await again.WaitForNextTickAsync(patience.Token);
    }

    public ValueTask DisposeAsync() => Db.DisposeAsync();
}

/// <summary>A projector at work; disposing it ends it wherever it stands.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    public Running(Projector projector)
    {
        Projector = projector;
        running = Task.Run(() => projector.RunAsync(stop.Token));
    }

    public Projector Projector { get; }

    public async Task ReachAsync(long position) =>
        Assert.True(await Projector.WaitForAsync(position, Bench.Patience), $"{Projector.Position} of {position}: {Projector.LastError}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }
}
