using System.Collections.Concurrent;
using System.Threading.Channels;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Rebuild;

/// <summary>
/// Builds tables of views anew from the log while the old ones serve, and puts them in their place in one transaction. Readers see the
/// old rows or the new ones, never none. One build at a time; what is asked for meanwhile waits.
/// </summary>
/// <param name="ended">Told of every build that is over, for the log.</param>
public sealed class Rebuilder(NpgsqlDataSource db, ViewTables tables, IFeed feed, Projector projector, TimeProvider time, Action<BuildStatus>? ended = null)
{
    private const string Trial = "read_trial";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Run> runs = new(StringComparer.Ordinal);
    private readonly Channel<(BuildKind Kind, List<ViewShape> Views)> asked = Channel.CreateUnbounded<(BuildKind, List<ViewShape>)>();

    /// <summary>The last build of a view in this process; null when there was none.</summary>
    public BuildStatus? StatusOf(string view) => runs.TryGetValue(view, out var run)
        ? run.Status with { Progress = run.Build?.Progress ?? run.Status.Progress, Target = Math.Max(projector.Position + projector.Lag, run.Build?.Progress.Position ?? 0) }
        : null;

    /// <summary>Views that are built anew now, or soon.</summary>
    public IReadOnlyList<string> Rebuilding =>
        [.. runs.Where(r => r.Value.Status is { Kind: BuildKind.Rebuild, State: BuildState.Waiting or BuildState.Running }).Select(r => r.Key).Order(StringComparer.Ordinal)];

    /// <summary>Asks for a build. False when one of the same view is waiting or running.</summary>
    public bool TryAsk(BuildKind kind, ViewShape view) => TryWait(kind, view) && asked.Writer.TryWrite((kind, [view]));

    /// <summary>Asks for a rebuild of all views that none is under way of, in one pass over the log.</summary>
    public void AskForAll()
    {
        List<ViewShape> due = [.. tables.Views.Where(v => TryWait(BuildKind.Rebuild, v))];
        if (due.Count > 0) asked.Writer.TryWrite((BuildKind.Rebuild, due));
    }

    /// <summary>
    /// Works until it is cancelled: first on what was declared otherwise when it was built and on what was under way when the last
    /// process ended, then on what is asked for.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (!await RebuildAllAsync(await DueAsync(ct), ct)) await Task.Delay(Pause, time, ct);
            await foreach (var (kind, views) in asked.Reader.ReadAllAsync(ct))
            {
                if (kind == BuildKind.Rebuild) await RebuildAllAsync(views, ct);
                else await VerifyAsync(views[0], ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What is begun is taken up by the next process.
        }
    }

    private bool TryWait(BuildKind kind, ViewShape view)
    {
        var waiting = new Run(Build: null, new(view.Name, kind, BuildState.Waiting, new(0, 0, 0), 0, Error: null, time.GetUtcNow(), EndedAt: null, Found: null));
        var now = runs.AddOrUpdate(view.Name, waiting, (_, run) => run.Status.State is BuildState.Done or BuildState.Failed ? waiting : run);
        return ReferenceEquals(now, waiting);
    }

    /// <summary>What waits for a rebuild since before this process; null when the database cannot be asked.</summary>
    private async Task<List<ViewShape>?> DueAsync(CancellationToken ct)
    {
        try
        {
            var stored = await tables.LoadAsync(ct);
            await using var connection = await db.OpenConnectionAsync(ct);
            await ViewTables.ExecuteAsync(connection, ViewTables.Kernel(Swap.From), ct);
            var begun = await ViewTables.LoadAsync(connection, ct, Swap.From);
            return [.. tables.Views.Where(v => (stored.TryGetValue(v.Name, out var c) && c.Stale) || ViewTables.IsCurrent(v, begun))];
        }
        catch (Exception e) when (IsPassing(e))
        {
            return null;
        }
    }

    /// <summary>One pass over the log for all of them; a view that cannot be built holds up none of the others. False when it is to be tried again.</summary>
    private async Task<bool> RebuildAllAsync(List<ViewShape>? due, CancellationToken ct)
    {
        if (due is null) return false;
        while (due.Count > 0)
        {
            if (await RebuildAsync(due, ct) is not { } failed) return true;
            if (failed.Count == 0) return false;
            due = [.. due.Except(failed)];
        }

        return true;
    }

    /// <summary>Null when it is done; else the views that stopped it, none when it is something that passes.</summary>
    private Task<IReadOnlyList<ViewShape>?> RebuildAsync(List<ViewShape> views, CancellationToken ct) => RunAsync(BuildKind.Rebuild, views, Swap.From, async build =>
    {
        await build.AdvanceAsync(long.MaxValue, ct);
        if (build.Failure is null) await new Swap(db, projector, time).RunAsync(build, views, ct);
        return null;
    }, ct);

    /// <summary>Builds a view beside the one that serves and compares the two. What serves stays as it is.</summary>
    private Task<IReadOnlyList<ViewShape>?> VerifyAsync(ViewShape view, CancellationToken ct) => RunAsync(BuildKind.Verify, [view], Trial, async build =>
    {
        var found = await Verification.RunAsync(db, build, view, Trial, time, ct);
        await build.DropAsync(ct);
        return found;
    }, ct);

    private async Task<IReadOnlyList<ViewShape>?> RunAsync(BuildKind kind, List<ViewShape> views, string schema, Func<ShadowBuild, Task<Verification?>> work, CancellationToken ct)
    {
        var build = new ShadowBuild(db, feed, time, views, schema);
        var started = time.GetUtcNow();
        foreach (var view in views) runs[view.Name] = new(build, new(view.Name, kind, BuildState.Running, build.Progress, 0, Error: null, started, EndedAt: null, Found: null));
        try
        {
            // What a verification left behind is of no use to this one.
            if (kind == BuildKind.Verify) await build.DropAsync(ct);
            await build.OpenAsync(ct);
            var found = await work(build);
            var failures = views.Where(v => build.FailureOf(v) is not null).ToList();
            foreach (var view in views)
            {
                // Those that only stood beside one that failed are built in another pass: they have not ended.
                if (failures.Count > 0 && build.FailureOf(view) is null) runs[view.Name] = new(build, runs[view.Name].Status with { State = BuildState.Waiting });
                else End(view, build.FailureOf(view)?.ToString(), found);
            }

            return failures.Count > 0 ? failures : null;
        }
        catch (Exception e) when (IsPassing(e) || e is PostgresException)
        {
            foreach (var view in views) End(view, $"{e.GetType().Name}: {e.Message}", found: null);
            return [];
        }

        void End(ViewShape view, string? error, Verification? found)
        {
            runs[view.Name] = new(build, runs[view.Name].Status with { State = error is null ? BuildState.Done : BuildState.Failed, Error = error, EndedAt = time.GetUtcNow(), Found = found });
            ended?.Invoke(StatusOf(view.Name)!);
        }
    }

    private static bool IsPassing(Exception e) => e is NpgsqlException or IOException or TimeoutException or InvalidOperationException or System.Data.DBConcurrencyException;

    private sealed record Run(ShadowBuild? Build, BuildStatus Status);
}
