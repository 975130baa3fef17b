using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Rebuild;

/// <summary>Puts tables that were built beside those that serve in their place.</summary>
internal sealed class Swap(NpgsqlDataSource db, Projector projector, TimeProvider time)
{
    /// <summary>The schema in which tables are built that are to serve.</summary>
    public const string From = "read_next";

    /// <summary>Positions behind which it is tried: what is between is applied while the projector waits.</summary>
    private const long Near = 2_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Catches up and swaps; waits for long readers. Ends without it when the build has stopped.</summary>
    public async Task RunAsync(ShadowBuild build, IReadOnlyList<ViewShape> views, CancellationToken ct)
    {
        while (build.Failure is null)
        {
            if (projector.Position - build.Position > Near) await build.AdvanceAsync(long.MaxValue, ct);
            else if (await TryAsync(build, views, ct)) return;
            else await Task.Delay(Pause, time, ct);
        }
    }

    /// <summary>False when a long reader is in the way, or the build has stopped; then nothing has changed.</summary>
    private async Task<bool> TryAsync(ShadowBuild build, IReadOnlyList<ViewShape> views, CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var swap = await connection.BeginTransactionAsync(ct);
        try
        {
            // The projector moves the checkpoints first of all, so from here on it waits.
            await ViewTables.ExecuteAsync(connection, $"set local lock_timeout = '3s'; select 1 from {ViewTables.CheckpointTable} order by view for update", ct);
            var live = await ViewTables.LoadAsync(connection, ct);
            // Where the others are, also for a view that has stopped: it takes its place among them again.
            var position = live.Values.Where(c => c.Failure is null).Select(c => c.Position).DefaultIfEmpty(build.Position).Max();
            await build.AdvanceAsync(position, ct);
            if (build.Failure is not null) return false;
            foreach (var view in views)
            {
                await ViewTables.ExecuteAsync(connection, ViewDdl.Drop(view) + Moves(view), ct);
                await ViewTables.SetAsync(connection, ViewTables.Schema, view, position, stale: false, time.GetUtcNow(), ct);
                await ViewTables.ExecuteAsync(connection, $"delete from {From}.checkpoint where view = '{view.Name}'", ct);
            }

            await swap.CommitAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }

        foreach (var view in views) projector.Reopen(view);
        return true;
    }

    private static string Moves(ViewShape view) => string.Concat(
        ((string[])[ViewTables.TableOf(view, From), ViewTables.PastOf(view, From), .. view.Elements.SelectMany(e => (string[])[e.TableIn(From), e.PastTableIn(From)])])
        .Select(table => $"alter table {table} set schema {ViewTables.Schema};\n"));
}
