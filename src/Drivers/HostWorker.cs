using IaaS.Domain.Kernel;

namespace IaaS.Drivers;

/// <summary>How much one host does at once.</summary>
public sealed record WorkerLimits
{
    /// <summary>Wishes of one kind at once, where <see cref="ByWish"/> says nothing else.</summary>
    public int AtOncePerKind { get; init; } = 8;

    /// <summary>Wishes of one kind at once, by the name of the wish, for example <c>EnsureDisk</c>.</summary>
    public IReadOnlyDictionary<string, int> ByWish { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Wishes that wait or run, of all kinds. One more is refused with <c>host.busy</c>, to be asked again later.</summary>
    public int Queue { get; init; } = 4096;
}

/// <summary>
/// Carries out one host's wishes: a few of each kind at once, first come first served within a kind, and wishes about the same
/// thing one after the other in the order in which they were asked. It owns no thread and starts no task: a wish runs on whoever
/// asked for it or on whoever finished the one before it.
/// </summary>
public sealed class HostWorker(HostDrivers drivers, WorkerLimits limits, CancellationToken stopping = default)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<Job>> lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, Kind> kinds = [];
    private readonly Queue<Job> starting = [];
    private int accepted;
    private bool draining;

    /// <summary>Wishes that wait or run.</summary>
    public int Load
    {
        get
        {
            lock (gate) return accepted;
        }
    }

    /// <param name="wish">What is wanted.</param>
    /// <param name="ct">Ends the waiting. What has begun goes on; what has not begun is dropped.</param>
    /// <returns>The driver's outcome; <c>host.busy</c> when the queue is full; <c>driver.broken</c> when the driver threw.</returns>
    public Task<Outcome> PerformAsync(Wish wish, CancellationToken ct)
    {
        var job = new Job(wish, wish.Subject(), ct);
        lock (gate)
        {
            if (accepted >= limits.Queue)
                return Task.FromResult(Outcome.Fail("host.busy", $"{wish.Host} has {accepted} wishes to carry out already.", retry: true));
            accepted++;
            if (lanes.TryGetValue(job.Subject, out var lane))
            {
                lane.Enqueue(job);
            }
            else
            {
                lanes[job.Subject] = new Queue<Job>(1);
                MakeReady(job);
            }
        }

        Drain();
        return job.Answer.Task.IsCompleted || !ct.CanBeCanceled ? job.Answer.Task : job.Answer.Task.WaitAsync(ct);
    }

    private void MakeReady(Job job)
    {
        var kind = KindOf(job.Wish.GetType());
        if (kind.Running >= kind.Limit)
        {
            kind.Ready.Enqueue(job);
            return;
        }

        kind.Running++;
        starting.Enqueue(job);
    }

    // One drains at a time, in a loop: jobs that complete at once would otherwise start each other ever deeper in the stack.
    private void Drain()
    {
        while (true)
        {
            Job job;
            lock (gate)
            {
                if (draining || !starting.TryDequeue(out job!)) return;
                draining = true;
            }

            var running = RunAsync(job);
            lock (gate) draining = false;
            if (running.IsFaulted) throw running.Exception;
        }
    }

    private async Task RunAsync(Job job)
    {
        Outcome? outcome = null;
        try
        {
            if (!job.GaveUp.IsCancellationRequested) outcome = await drivers.PerformAsync(job.Wish, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            outcome = Outcome.Fail("host.stopping", $"{job.Wish.Host} is being stopped.", retry: true);
        }
#pragma warning disable CA1031 // A driver's bug must not leave its caller waiting, nor take the host's other wishes with it.
        catch (Exception bug)
        {
            outcome = Outcome.Fail("driver.broken", $"{job.Wish.GetType().Name}: {bug}", retry: true);
        }
#pragma warning restore CA1031

        lock (gate) Finish(job);
        if (outcome is null) job.Answer.TrySetCanceled(job.GaveUp);
        else job.Answer.TrySetResult(outcome);
        Drain();
    }

    private void Finish(Job job)
    {
        accepted--;
        var kind = KindOf(job.Wish.GetType());
        if (kind.Ready.TryDequeue(out var next)) starting.Enqueue(next);
        else kind.Running--;

        if (lanes[job.Subject].TryDequeue(out var behind)) MakeReady(behind);
        else lanes.Remove(job.Subject);
    }

    private Kind KindOf(Type wish)
    {
        if (kinds.TryGetValue(wish, out var kind)) return kind;
        return kinds[wish] = new Kind(Math.Max(1, limits.ByWish.GetValueOrDefault(wish.Name, limits.AtOncePerKind)));
    }

    private sealed class Kind(int limit)
    {
        public int Limit { get; } = limit;
        public int Running { get; set; }
        public Queue<Job> Ready { get; } = [];
    }

    private sealed record Job(Wish Wish, string Subject, CancellationToken GaveUp)
    {
        public TaskCompletionSource<Outcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
