namespace IaaS.Projections.Kernel;

/// <summary>Those who wait for a position to be reached: completed when it is, without polling.</summary>
internal sealed class PositionWaiters(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<(long Position, long Ticket), TaskCompletionSource> waiting = [];
    private TaskCompletionSource? first;
    private long reached;
    private long tickets;

    public long Reached => Volatile.Read(ref reached);

    public void Advance(long position)
    {
        lock (gate)
        {
            reached = position;
            while (waiting.Count > 0)
            {
                var (key, waiter) = waiting.First();
                if (key.Position > position) return;
                waiting.Remove(key);
                waiter.SetResult();
            }
        }
    }

    /// <summary>Completes as soon as somebody waits, or after a time.</summary>
    public async Task WaitForOneAsync(TimeSpan atMost, CancellationToken ct)
    {
        Task somebody;
        lock (gate)
        {
            if (waiting.Count > 0) return;
            first = new(TaskCreationOptions.RunContinuationsAsynchronously);
            somebody = first.Task;
        }

        await somebody.WaitAsync(atMost, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <returns>False when the time-out passed first.</returns>
    public async Task<bool> WaitAsync(long position, TimeSpan timeout, CancellationToken ct)
    {
        (long, long) key;
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (position <= reached) return true;
            key = (position, tickets++);
            waiting.Add(key, waiter);
            first?.TrySetResult();
        }

        try
        {
            await waiter.Task.WaitAsync(timeout, time, ct);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (gate) waiting.Remove(key);
        }
    }
}
