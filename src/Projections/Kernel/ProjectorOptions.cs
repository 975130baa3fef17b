namespace IaaS.Projections.Kernel;

/// <summary>How a <see cref="Projector"/> trades memory, latency and load.</summary>
public sealed record ProjectorOptions
{
    /// <summary>Events that are merged into one transaction, about; also the page of the feed.</summary>
    public int BatchEvents { get; init; } = 5_000;

    /// <summary>Pushed events that may wait in memory; past it they are dropped and read from the feed instead.</summary>
    public int QueuedEvents { get; init; } = 50_000;

    /// <summary>Rows kept in memory for each view, so that a hot row is not read before each write.</summary>
    public int CachedRows { get; init; } = 10_000;

    /// <summary>
    /// While there is much to do, how long after the beginning of a batch the next begins at the earliest. A row that is written again and
    /// again within it is written once. Nobody waits for it: one who waits for a position ends it.
    /// </summary>
    public TimeSpan Pace { get; init; } = TimeSpan.Zero;

    /// <summary>A batch of so many events is much to do.</summary>
    public int PacedEvents { get; init; } = 100;

    /// <summary>
    /// The most of its time that it spends on batches smaller than that, whoever waits: a batch costs much whatever is in it, and that is taken
    /// from those who wait for something else. With 1 it does not rest. What is read from the feed is not bounded: that is how it catches up.
    /// </summary>
    public double Share { get; init; } = 1;

    /// <summary>How much it may be ahead of that share, so that on an idle system a batch begins at once. A batch counts for no more than this.</summary>
    public TimeSpan AheadOfShare { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often the feed is looked at for what other nodes have committed.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait after a first failure of database or feed; doubled for each further one.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told of every failure that is about to be retried, for the log.</summary>
    public Action<Exception>? Retrying { get; init; }

    /// <summary>Told of every view that has stopped at an event, once that is stored, for the log.</summary>
    public Action<ViewStatus>? Stopped { get; init; }
}
