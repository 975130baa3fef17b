using System.Diagnostics;
using System.Text.Json;

namespace IaaS.Benchmarks;

/// <summary>How far the read model is behind, in time: until what was committed at a moment is in it.</summary>
/// <remarks>By the server's readiness, which it answers anew each time; its metrics are as old as 300 ms.</remarks>
internal static class LagProbe
{
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(10);

    /// <returns>Milliseconds, sorted, one for each look: from before it was asked what is committed, until an answer says that this is shown.</returns>
    public static async Task<double[]> RunAsync(ServerUnderTest server, CancellationToken stop)
    {
        List<(double Asked, double Answered, long Committed, long Shown)> looks = [];
        using var client = await server.ConnectAsync();
        using var looking = new PeriodicTimer(Each, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested && await looking.WaitForNextTickAsync(CancellationToken.None))
        {
            var asked = watch.Elapsed.TotalMilliseconds;
            var said = JsonElement.Parse((await client.SendAsync("GET", "/health/ready")).Body);
            var shown = said.GetProperty("position").GetInt64();
            looks.Add((asked, watch.Elapsed.TotalMilliseconds, shown + said.GetProperty("lag").GetInt64(), shown));
        }

        List<double> lags = [];
        var then = 0;
        for (var i = 0; i < looks.Count; i++)
        {
            then = Math.Max(then, i);
            while (then < looks.Count && looks[then].Shown < looks[i].Committed) then++;
            if (then == looks.Count) break;
            lags.Add(looks[then].Answered - looks[i].Asked);
        }

        return [.. lags.Order()];
    }
}
