using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>The untyped face of <see cref="StreamOwner{TState}"/>.</summary>
public interface IStreamOwner
{
    Task<Reply> HandleAsync(ICommand command, Origin origin);

    /// <summary>True while a command waits for its answer.</summary>
    bool IsBusy { get; }
}

/// <summary>
/// Owns one stream: folds it, decides on it, appends to it. Commands that arrive while an append is under way are decided
/// together and go out in the next one. Any number of threads may ask at once; one flow decides.
/// </summary>
/// <remarks>
/// Nobody hears an answer before the events it rests on are durable: a refusal, too, may rest on events of the same append.
/// After a conflict, or when the store's answer is lost, it reads the stream again and decides again.
/// A stream that is asked to begin is not read first: that the append at version 0 is taken says that there was none.
/// </remarks>
public sealed class StreamOwner<TState>(string stream, IEventStore store, GroupCommit commits, TimeProvider time, ISnapshots? kept = null, int snapshotEvery = StreamKinds.SnapshotEvery) : IStreamOwner
    where TState : IState<TState>
{
    private const int MaxTogether = 1_000;
    private const int MaxStoreFailures = 6;

    private readonly Lock gate = new();
    private readonly Queue<Pending> waiting = new();
    private readonly SnapshotsOf<TState> snapshots = new(stream, kept ?? new NoSnapshots(), snapshotEvery);
    private TState state = TState.Empty;
    private long version;
    private Origin? begunBy;
    private Append? unanswered;
    private bool loaded;
    private bool assumed;
    private bool asked;
    private bool pumping;

    public bool IsBusy
    {
        get
        {
            lock (gate) return pumping;
        }
    }

    public Task<Reply> HandleAsync(ICommand command, Origin origin)
    {
        var pending = new Pending((ICommand<TState>)command, origin);
        lock (gate)
        {
            waiting.Enqueue(pending);
            if (pumping) return pending.Answer.Task;
            pumping = true;
        }

        _ = PumpAsync();
        return pending.Answer.Task;
    }

    private async Task PumpAsync()
    {
        while (TakeWaiting() is { } together) await AnswerAsync(together);
    }

    /// <returns>Null when nobody waits; then the next who asks starts the pump anew.</returns>
    private List<Pending>? TakeWaiting()
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                pumping = false;
                return null;
            }

            List<Pending> together = new(Math.Min(waiting.Count, MaxTogether));
            while (together.Count < MaxTogether && waiting.TryDequeue(out var next)) together.Add(next);
            return together;
        }
    }

    private async Task AnswerAsync(List<Pending> together)
    {
        for (var failures = 0; ;)
        {
            try
            {
                if (!loaded && !Assumes(together[0]) && await LoadAsync() is { } position)
                {
                    Answer(together, position);
                    return;
                }

                if (await TryDecideAsync(together)) return;
            }
            catch (StoreUnavailableException e)
            {
                (loaded, assumed) = (false, false);
                if (++failures == MaxStoreFailures)
                {
                    unanswered = null;
                    var why = Decision.Reject(RejectionKind.Unavailable, "store.unavailable", $"The event store does not answer ({e.Message}). Try again later.");
                    foreach (var pending in together) pending.Answer.TrySetResult(new Reply(why, version, 0));
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20 << failures), time);
            }
            catch (Exception e)
            {
                // A fold that throws is a bug; whoever asks shall hear of it.
                (loaded, assumed, unanswered) = (false, false, null);
                foreach (var pending in together) pending.Answer.TrySetException(e);
                return;
            }
        }
    }

    /// <summary>True, once, where the stream is taken not to exist before it has been read.</summary>
    private bool Assumes(Pending first)
    {
        if (asked || first.Command is not IBegin) return false;
        (asked, assumed, loaded) = (true, true, true);
        return true;
    }

    /// <returns>False where it has to be read again: after a conflict, as somebody else owned it for a moment, or where it was not read yet.</returns>
    private async Task<bool> TryDecideAsync(List<Pending> together)
    {
        HashSet<Origin> before = [];
        foreach (var pending in together)
        {
            if (pending is { Command: IOneOff, Origin.Correlation.Length: > 0 } && await HasAsync(pending.Origin)) before.Add(pending.Origin);
        }

        var (tentative, events, origins) = DecideAll(together, before);
        if (events.Count == 0 && assumed)
        {
            // Nothing proves that there is no such stream.
            (assumed, loaded) = (false, false);
            return false;
        }

        long position = 0;
        if (events.Count > 0)
        {
            assumed = false;
            var append = new Append(stream, version, events, origins);
            unanswered = append;
            var at = await commits.AppendAsync(append);
            unanswered = null;
            if (at is null)
            {
                loaded = false;
                return false;
            }

            if (version == 0) begunBy = origins[0];
            state = tentative;
            version += events.Count;
            position = at.Value;
        }

        Answer(together, position);
        if (begunBy is not null) await snapshots.KeepAsync(state, version, begunBy);
        return true;
    }

    private (TState After, List<IEvent> Events, List<Origin> Origins) DecideAll(List<Pending> together, HashSet<Origin> before)
    {
        var tentative = state;
        List<IEvent> events = [];
        List<Origin> origins = [];
        foreach (var pending in together.Where(p => !p.Answer.Task.IsCompleted))
        {
            try
            {
                pending.Decision = pending.Command is IOneOff && before.Contains(pending.Origin) ? Decision.Already() : pending.Command.Decide(tentative);
                // Asked again, after a crash, by the step that began the stream: that it exists already is no news to it.
                if (pending is { Decision: Decision.Rejected, Origin.Correlation.Length: > 0 } && begunBy == pending.Origin) pending.Decision = Decision.Already();
            }
            catch (Exception e)
            {
                // A bug in one decider must not take its neighbours along.
                pending.Answer.TrySetException(e);
                continue;
            }

            if (pending.Decision is not Decision.Accepted accepted) continue;
            foreach (var happened in accepted.Events)
            {
                tentative = TState.Evolve(tentative, happened);
                events.Add(happened);
                origins.Add(pending.Origin);
            }
        }

        return (tentative, events, origins);
    }

    private void Answer(List<Pending> together, long position)
    {
        foreach (var pending in together) pending.Answer.TrySetResult(new Reply(pending.Decision!, version, position));
    }

    /// <returns>The position of the append whose answer was lost, when it turns out to be in the store; else null.</returns>
    private async Task<long?> LoadAsync()
    {
        // Whether what was asked for is there is seen in the events themselves.
        var from = unanswered is null ? await FindAsync() : null;
        var events = await ReadAsync(from?.Version ?? 0);
        state = events.Aggregate(from is { } kept ? kept.State : TState.Empty, (s, e) => TState.Evolve(s, e.Event));
        version = events.Count == 0 ? from?.Version ?? 0 : events[^1].Version;
        begunBy = from?.BegunBy ?? (events.Count == 0 ? null : events[0].Origin);
        (loaded, asked, assumed) = (true, true, false);
        var lost = unanswered;
        unanswered = null;
        return lost is not null && IsIn(lost, events) ? events[(int)lost.ExpectedVersion + lost.Events.Count - 1].Position : null;
    }

    private async Task<(TState State, long Version, Origin BegunBy)?> FindAsync()
    {
        try
        {
            return await snapshots.FindAsync();
        }
        catch (Exception e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private async Task<bool> HasAsync(Origin origin)
    {
        try
        {
            return await store.HasAsync(stream, origin, CancellationToken.None);
        }
        catch (Exception e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private async Task<IReadOnlyList<Recorded>> ReadAsync(long afterVersion = 0)
    {
        try
        {
            return await store.ReadAsync(stream, afterVersion, CancellationToken.None);
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

    private sealed class Pending(ICommand<TState> command, Origin origin)
    {
        public ICommand<TState> Command { get; } = command;
        public Origin Origin { get; } = origin;
        public Decision? Decision { get; set; }
        public TaskCompletionSource<Reply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
