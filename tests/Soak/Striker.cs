namespace IaaS.Soak;

/// <summary>Kills the server every few seconds, now and then while it starts, and starts it again.</summary>
internal sealed class Striker(ServerProcess server, Random random)
{
    private const double ShortestLife = 2;
    private const double LongestLife = 8;
    private const int OneInStruckAtStart = 6;

    private readonly List<TimeSpan> starts = [];

    public int Kills { get; private set; }

    /// <summary>Of the kills, those of a server that was not ready yet.</summary>
    public int KillsAtStart { get; private set; }

    /// <summary>How long each start took until the server was ready, but for the first one, which makes everything.</summary>
    public IReadOnlyList<TimeSpan> Starts => starts;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var life = TimeSpan.FromSeconds(ShortestLife + ((LongestLife - ShortestLife) * random.NextDouble()));
            if (await server.EndsWithinAsync(life, stop)) throw new SoakFailedException("The server ended by itself.");
            if (stop.IsCancellationRequested) return;
            await StrikeAsync();
        }
    }

    /// <summary>One death, and the life after it.</summary>
    public async Task StrikeAsync()
    {
        await server.KillAsync();
        Kills++;
        server.Launch();
        while (random.Next(OneInStruckAtStart) == 0)
        {
            if (await server.EndsWithinAsync(TimeSpan.FromMilliseconds(random.Next(50, 2_000)), CancellationToken.None))
                throw new SoakFailedException("The server ended by itself while it started.");
            await server.KillAsync();
            (Kills, KillsAtStart) = (Kills + 1, KillsAtStart + 1);
            server.Launch();
        }

        starts.Add(await server.UntilReadyAsync());
    }
}
