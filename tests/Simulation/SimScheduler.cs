namespace IaaS.Simulation;

/// <summary>
/// One thread, virtual time, one seed. What is ready runs in a seeded random order; time moves only when nothing is ready.
/// </summary>
public sealed class SimScheduler(int seed)
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<(Lane Lane, Action Work)> ready = [];
    private readonly PriorityQueue<(Lane Lane, Action Work, Func<bool>? Still), (DateTimeOffset Due, long Order)> later = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long order;

    /// <summary>The only source of chance in a run.</summary>
    public Random Chance { get; } = new(seed);

    public DateTimeOffset Now { get; private set; } = Epoch;

    public long Steps { get; private set; }

    internal Exception? Broken { get; set; }

    public Lane NewLane() => new(this);

    internal void Ready(Lane lane, Action work)
    {
        if (Environment.CurrentManagedThreadId != thread)
        {
            Broken = new SimulationException($"Something runs beside the scheduler, and no seed can repeat it: {Environment.StackTrace}");
            return;
        }

        ready.Add((lane, work));
    }

    /// <param name="still">False for a timer that was stopped meanwhile: time does not move for it.</param>
    internal void After(TimeSpan delay, Lane lane, Action work, Func<bool>? still = null) =>
        later.Enqueue((lane, work, still), (Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero), order++));

    /// <summary>Runs one thing.</summary>
    /// <returns>False when nothing is left to run, now or later.</returns>
    public bool Step()
    {
        while (ready.Count > 0)
        {
            var pick = Chance.Next(ready.Count);
            var (lane, work) = ready[pick];
            ready[pick] = ready[^1];
            ready.RemoveAt(ready.Count - 1);
            if (lane.Abandoned) continue;
            Run(lane, work);
            return true;
        }

        while (later.TryDequeue(out var next, out var due))
        {
            if (next.Lane.Abandoned || next.Still?.Invoke() is false) continue;
            Now = due.Due;
            Run(next.Lane, next.Work);
            return true;
        }

        return false;
    }

    /// <summary>Runs until nothing is left to do, or until something holds.</summary>
    /// <exception cref="SimulationException">It does not come to rest.</exception>
    public void Run(Func<bool>? until = null, long atMost = 300_000)
    {
        for (var i = 0L; i < atMost; i++)
        {
            if (until?.Invoke() is true || !Step()) return;
        }

        throw new SimulationException($"After {atMost} steps, at {Now:O}, it still does not come to rest.");
    }

    private void Run(Lane lane, Action work)
    {
        Steps++;
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(lane);
        try
        {
            work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        if (Broken is not null) throw new SimulationException($"Work that nobody waits for threw: {Broken}");
    }
}

/// <summary>Where the continuations of one process run. Abandoned, none of them ever runs again: that is how a process dies.</summary>
public sealed class Lane : SynchronizationContext
{
    private readonly SimScheduler scheduler;

    internal Lane(SimScheduler scheduler)
    {
        this.scheduler = scheduler;
        Time = new LaneTime(this);
    }

    public bool Abandoned { get; private set; }

    /// <summary>Virtual time; timers that are made by it die with the lane.</summary>
    public TimeProvider Time { get; }

    public void Abandon() => Abandoned = true;

    public void Do(Action work) => scheduler.Ready(this, work);

    /// <summary>Begins work that nobody waits for. What it throws ends the run.</summary>
    public void Start(Func<Task> work) => Do(() => _ = work().ContinueWith(
        t => scheduler.Broken = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));

    public void After(TimeSpan delay, Action work) => scheduler.After(delay, this, work);

    /// <summary>Runs work on the lane and hands its result to whoever asks, on whatever lane.</summary>
    public Task<T> Ask<T>(Func<Task<T>> work)
    {
        // Not RunContinuationsAsynchronously: Task.WhenAny would then go on in a thread of the pool.
        var answer = new TaskCompletionSource<T>();
        Start(async () =>
        {
            try
            {
                answer.SetResult(await work());
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        return answer.Task;
    }

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Ready(this, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("The engine waits for nobody.");

    public override SynchronizationContext CreateCopy() => this;

    private sealed class LaneTime(Lane lane) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => lane.scheduler.Now;

        public override long GetTimestamp() => lane.scheduler.Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new SimTimer(lane, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class SimTimer(Lane lane, Action fire) : ITimer
    {
        private int generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var mine = ++generation;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero) throw new NotSupportedException("The engine has no periodic timers.");
            lane.scheduler.After(dueTime, lane, fire, () => mine == generation);
            return true;
        }

        public void Dispose() => generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Something that must hold does not.</summary>
public sealed class SimulationException(string message) : Exception(message);
