using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>How it reads its stream, and what becomes of its appends.</summary>
public sealed partial class StreamOwner<TState>
{
    // All of them behind the gate; what comes back is in the order in which it was decided.
    private readonly List<Pending> again = [];
    private readonly List<Written> lost = [];
    private Task settled = Task.CompletedTask;
    private int underWay;
    private bool broken;

    /// <summary>Appends, and answers when that is durable; at once those who run ahead. Whoever decides does not wait for it.</summary>
    private void Write(Written written)
    {
        lock (gate) underWay++;
        var told = written.Together.FindAll(p => p is { Ahead: not null, Decision: Decision.Accepted { Events.Count: > 0 } } && !p.Answer.Task.IsCompleted);
        var append = commits.AppendAsync(written.Append!, chain, told.ConvertAll(p => p.Ahead!));
        foreach (var pending in told) pending.Ahead!.Add(append);
        settled = SettleAsync(append, settled, written);
        foreach (var pending in told) pending.Answer.TrySetResult(new Reply(pending.Decision!, written.Version, 0));
    }

    /// <summary>Answers what led to nothing, as soon as all is durable that it rests on.</summary>
    private void Rest(List<Pending> together)
    {
        if (settled.IsCompleted && !Volatile.Read(ref broken))
        {
            Answer(together, version, 0);
            return;
        }

        lock (gate) underWay++;
        settled = SettleAsync(null, settled, new Written(null, together, state, version, null));
    }

    private async Task SettleAsync(Task<long?>? append, Task before, Written written)
    {
        long? position = 0;
        StoreUnavailableException? why = null;
        try
        {
            if (append is not null) position = await append;
        }
        catch (StoreUnavailableException e)
        {
            why = e;
        }

        await before;
        if (why is null && position is { } at && (written.Append is not null || !Volatile.Read(ref broken)))
        {
            Answer(written.Together, written.Version, at);
            if (written.BegunBy is { } by) await snapshots.KeepAsync(written.After, written.Version, by);
            lock (gate) underWay--;
            return;
        }

        if (why is not null) written.Together.ForEach(p => Failed(p, why));
        lock (gate)
        {
            underWay--;
            broken = true;
            if (why is not null) lost.Add(written);
            again.AddRange(written.Together.Where(p => !p.Answer.Task.IsCompleted));
            if (pumping || again.Count == 0) return;
            pumping = true;
        }

        _ = PumpAsync();
    }

    private static void Answer(List<Pending> together, long version, long position)
    {
        foreach (var pending in together) pending.Answer.TrySetResult(new Reply(pending.Decision!, version, position));
    }

    /// <summary>Reads the stream. What was written although the answer was lost is answered.</summary>
    private async Task LoadAsync()
    {
        // Whether what was asked for is there is seen in the events themselves.
        var from = lost.Count == 0 ? await FindAsync() : null;
        var events = await ReadAsync(from?.Version ?? 0);
        state = events.Aggregate(from is { } kept ? kept.State : TState.Empty, (s, e) => TState.Evolve(s, e.Event));
        version = events.Count == 0 ? from?.Version ?? 0 : events[^1].Version;
        begunBy = from?.BegunBy ?? (events.Count == 0 ? null : events[0].Origin);
        (loaded, asked, assumed, chain) = (true, true, false, new AppendChain());
        foreach (var written in lost.Where(w => IsIn(w.Append!, events)))
            Answer(written.Together, version, events[(int)written.Append!.ExpectedVersion + written.Append.Events.Count - 1].Position);
        lost.Clear();
    }

    private Task<(TState State, long Version, Origin BegunBy)?> FindAsync() => AskAsync(() => snapshots.FindAsync());

    private Task<bool> HasAsync(Origin origin) => AskAsync(() => store.HasAsync(stream, origin, CancellationToken.None));

    private Task<IReadOnlyList<Recorded>> ReadAsync(long afterVersion) => AskAsync(() => store.ReadAsync(stream, afterVersion, CancellationToken.None));

    private static async Task<T> AskAsync<T>(Func<Task<T>> store)
    {
        try
        {
            return await store();
        }
        catch (Exception e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private static bool IsIn(Append lost, IReadOnlyList<Recorded> events)
    {
        var first = (int)lost.ExpectedVersion;
        if (events.Count < first + lost.Events.Count) return false;
        for (var i = 0; i < lost.Events.Count; i++)
        {
            var there = events[first + i];
            if (there.Origin != lost.Origins[i] || there.Event.GetType() != lost.Events[i].GetType()) return false;
            // A step of an operation is itself, whoever runs it; what is sent outside of operations is known by what it says.
            if (there.Origin.Correlation.Length == 0 && !there.Event.Equals(lost.Events[i])) return false;
        }

        return true;
    }

    /// <summary>What was decided together. Without an append it only rests on those before it.</summary>
    /// <param name="After">The state after it.</param>
    /// <param name="Version">Of the stream after it.</param>
    private sealed record Written(Append? Append, List<Pending> Together, TState After, long Version, Origin? BegunBy);
}
