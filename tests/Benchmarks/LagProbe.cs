using System.Diagnostics;

namespace IaaS.Benchmarks;

/// <summary>How far the read model is behind, in time: since when what was committed then is not in it.</summary>
internal static class LagProbe
{
    /// <returns>Milliseconds, sorted: a sample each 50 ms.</returns>
    public static async Task<double[]> RunAsync(ServerUnderTest server, CancellationToken stop)
    {
        List<(double At, double Written, double Shown)> seen = [];
        var watch = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            var at = watch.Elapsed.TotalMilliseconds;
            var metrics = await server.MetricsAsync();
            seen.Add((at, metrics.GetValueOrDefault("iaas_store_position"), metrics.GetValueOrDefault("iaas_projection_position")));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }

        List<double> lags = [];
        var from = 0;
        foreach (var (at, _, shown) in seen)
        {
            while (from + 1 < seen.Count && seen[from + 1].Written <= shown) from++;
            // What was written last of what is shown: later than that nothing is certain to be.
            if (seen[from].Written <= shown) lags.Add(Math.Max(0, at - seen[from].At));
        }

        return [.. lags.Order()];
    }
}
