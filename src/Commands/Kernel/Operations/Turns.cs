namespace IaaS.Commands.Kernel.Operations;

/// <summary>
/// Lets so many operations act at once. The rest wait, each among those of its owner, and owners come in turn: whoever has ten thousand
/// operations does not keep another's single one waiting. What has begun comes before what has not.
/// </summary>
/// <remarks>An operation that only waits, for a host or for parts of its own, has no turn: it costs nothing, and what it waits for may need one.</remarks>
/// <param name="atOnce">More make commits larger and every one of them later, and no more of them in a second.</param>
internal sealed class Turns(int atOnce)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Waiters> byOwner = new(StringComparer.Ordinal);
    private readonly Queue<Waiters> next = new();
    private int free = atOnce;
    private int waiting;

    /// <summary>Operations that wait for their turn now.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Completes when it is the caller's turn, who has to <see cref="Give"/> it back.</summary>
    /// <param name="owner">Whose operation it is.</param>
    /// <param name="hasBegun">True for one that had a turn before.</param>
    public Task TakeAsync(string owner, bool hasBegun)
    {
        lock (gate)
        {
            if (free > 0)
            {
                free--;
                return Task.CompletedTask;
            }

            if (!byOwner.TryGetValue(owner, out var line))
            {
                byOwner[owner] = line = new Waiters(owner);
                next.Enqueue(line);
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (hasBegun ? line.Begun : line.New).Enqueue(turn);
            waiting++;
            return turn.Task;
        }
    }

    public void Give()
    {
        TaskCompletionSource turn;
        lock (gate)
        {
            if (!next.TryDequeue(out var line))
            {
                free++;
                return;
            }

            turn = (line.Begun.Count > 0 ? line.Begun : line.New).Dequeue();
            waiting--;
            if (line.IsEmpty) byOwner.Remove(line.Owner);
            else next.Enqueue(line);
        }

        turn.SetResult();
    }

    private sealed class Waiters(string owner)
    {
        public string Owner { get; } = owner;
        public Queue<TaskCompletionSource> Begun { get; } = [];
        public Queue<TaskCompletionSource> New { get; } = [];
        public bool IsEmpty => Begun.Count + New.Count == 0;
    }
}
