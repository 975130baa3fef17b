using IaaS.Domain.Kernel;

namespace IaaS.Projections.Kernel;

/// <summary>What there is to do after a position.</summary>
internal enum Pending { Nothing, Batch, Behind }

/// <summary>
/// What commits have handed over and a consumer has not taken yet. Bounded: past <paramref name="capacity"/> events it forgets them
/// all, for the feed has them too. It says <see cref="Pending.Behind"/> first of all, so that a consumer starts with the feed.
/// </summary>
internal sealed class PushQueue(int capacity)
{
    private readonly Lock gate = new();
    // By the position before it: batches of several writers may be handed over in another order than they were committed.
    private readonly PriorityQueue<IReadOnlyList<Recorded>, long> batches = new();
    private TaskCompletionSource? waiting;
    private int queued;
    private bool behind = true;
    private bool look;
    private long head;
    private long dropped;

    /// <summary>The last position that was handed over; never less than what a consumer took.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>Events that were forgotten because the consumer was too far behind.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    public void Publish(long previous, IReadOnlyList<Recorded> events)
    {
        if (events.Count == 0) return;
        lock (gate)
        {
            head = Math.Max(head, events[^1].Position);
            batches.Enqueue(events, previous);
            queued += events.Count;
            if (queued > capacity)
            {
                dropped += queued;
                batches.Clear();
                queued = 0;
                behind = true;
            }

            Signal();
        }
    }

    /// <summary>
    /// Makes the consumer look at the feed when it has nothing else to do: others write to the log too. While what is handed over joins
    /// on without a gap, there is nothing in the feed that it lacks.
    /// </summary>
    public void LookWhenIdle()
    {
        lock (gate)
        {
            look = true;
            Signal();
        }
    }

    /// <summary>Makes the consumer look at the feed, whatever else there is.</summary>
    public void LookAtFeed()
    {
        lock (gate)
        {
            behind = true;
            Signal();
        }
    }

    /// <summary>Takes what follows a position without a gap, merged, up to about <paramref name="max"/> events.</summary>
    public Pending Take(long position, int max, List<Recorded> into)
    {
        lock (gate)
        {
            if (behind)
            {
                behind = false;
                return Pending.Behind;
            }

            while (into.Count < max && batches.TryPeek(out var events, out var previous) && previous <= position)
            {
                batches.Dequeue();
                queued -= events.Count;
                foreach (var happened in events)
                {
                    if (happened.Position <= position) continue;
                    into.Add(happened);
                    position = happened.Position;
                }
            }

            var idle = look && into.Count == 0;
            look = false;
            return into.Count > 0 ? Pending.Batch : batches.Count > 0 || idle ? Pending.Behind : Pending.Nothing;
        }
    }

    /// <summary>Whether something waits that follows a position without a gap, as what was committed while the feed was being read.</summary>
    public bool JoinsOn(long position)
    {
        lock (gate) return batches.TryPeek(out _, out var previous) && previous <= position;
    }

    /// <summary>The feed had a page up to a position: is there more of it to read before the queue joins on?</summary>
    public void ReadUpTo(long position)
    {
        lock (gate)
        {
            head = Math.Max(head, position);
            behind |= !JoinsOn(position);
        }
    }

    /// <summary>Completes as soon as there is something to do.</summary>
    public Task WaitAsync(CancellationToken ct)
    {
        lock (gate)
        {
            if (behind || look || batches.Count > 0) return Task.CompletedTask;
            waiting ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task.WaitAsync(ct);
        }
    }

    private void Signal()
    {
        waiting?.TrySetResult();
        waiting = null;
    }
}
