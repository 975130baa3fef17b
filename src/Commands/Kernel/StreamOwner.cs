using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>The untyped face of <see cref="StreamOwner{TState}"/>.</summary>
public interface IStreamOwner
{
    /// <inheritdoc cref="IStreams.SendAsync"/>
    Task<Reply> HandleAsync(ICommand command, Origin origin, CommitDependencies? ahead = null);

    /// <summary>True while a command waits for its answer.</summary>
    bool IsBusy { get; }
}

/// <summary>
/// Owns one stream: folds it, decides on it, appends to it. A command that arrives while an append is under way is decided at once, on
/// what will be when that has been written, and goes out in the next commit. Any number of threads may ask at once; one flow decides.
/// </summary>
/// <remarks>
/// Nobody hears an answer before the events it rests on are durable: a refusal, too, may rest on events of an append under way. Only an
/// operation that runs ahead hears of an acceptance when it is decided (<see cref="CommitDependencies"/>).
/// When an append is not written, those after it are not either (<see cref="AppendChain"/>): all of them are decided again, in their
/// order, on what the stream says then. So they are when the store's answer is lost, unless the stream shows that they were written.
/// A stream that is asked to begin is not read first: that the append at version 0 is taken says that there was none.
/// </remarks>
public sealed partial class StreamOwner<TState>(string stream, IEventStore store, GroupCommit commits, TimeProvider time, ISnapshots? kept = null, int snapshotEvery = StreamKinds.SnapshotEvery) : IStreamOwner
    where TState : IState<TState>
{
    private const int MaxTogether = 1_000;
    private const int MaxStoreFailures = 6;

    private readonly Lock gate = new();
    private readonly Queue<Pending> waiting = new();
    private readonly SnapshotsOf<TState> snapshots = new(stream, kept ?? new NoSnapshots(), snapshotEvery);

    // Of the flow that decides, as it will be when all that is under way has been written.
    private TState state = TState.Empty;
    private long version;
    private Origin? begunBy;
    private AppendChain chain = new();
    private bool loaded;
    private bool assumed;
    private bool asked;
    private bool pumping;

    public bool IsBusy
    {
        get
        {
            lock (gate) return pumping || underWay > 0;
        }
    }

    public Task<Reply> HandleAsync(ICommand command, Origin origin, CommitDependencies? ahead = null)
    {
        var pending = new Pending((ICommand<TState>)command, origin, ahead);
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
        while (await TakeAsync() is { } together) await AnswerAsync(together);
    }

    /// <returns>Null when nobody waits; then the next who asks starts the pump anew.</returns>
    private async Task<List<Pending>?> TakeAsync()
    {
        while (true)
        {
            lock (gate)
            {
                if (again.Count + waiting.Count == 0)
                {
                    pumping = false;
                    return null;
                }

                if (!broken)
                {
                    List<Pending> together = [.. again];
                    again.Clear();
                    while (together.Count < MaxTogether && waiting.TryDequeue(out var next)) together.Add(next);
                    return together;
                }
            }

            // What rests on something that was not written comes back, all of it, before anything else is decided.
            await settled;
            lock (gate) (broken, loaded, assumed) = (false, false, false);
        }
    }

    private async Task AnswerAsync(List<Pending> together)
    {
        while (true)
        {
            try
            {
                if (!loaded && together[0].Failures > 0) await Task.Delay(TimeSpan.FromMilliseconds(20 << together[0].Failures), time);
                if (!loaded && !Assumes(together[0])) await LoadAsync();
                foreach (var pending in together.Where(p => p.Ahead is { IsBroken: true })) pending.Answer.TrySetException(new StoreUnavailableException("What it rests on was not written.", null));
                together.RemoveAll(p => p.Answer.Task.IsCompleted);
                if (together.Count == 0 || await TryDecideAsync(together)) return;
            }
            catch (StoreUnavailableException e)
            {
                (loaded, assumed) = (false, false);
                foreach (var pending in together) Failed(pending, e);
                together.RemoveAll(p => p.Answer.Task.IsCompleted);
                if (together.Count == 0) return;
            }
            catch (Exception e)
            {
                // A fold that throws is a bug; whoever asks shall hear of it.
                (loaded, assumed) = (false, false);
                lost.Clear();
                foreach (var pending in together) pending.Answer.TrySetException(e);
                return;
            }
        }
    }

    private void Failed(Pending pending, StoreUnavailableException e)
    {
        if (++pending.Failures < MaxStoreFailures) return;
        pending.Answer.TrySetResult(new Reply(
            Decision.Reject(RejectionKind.Unavailable, "store.unavailable", $"The event store does not answer ({e.Message}). Try again later."), version, 0));
    }

    /// <summary>True, once, where the stream is taken not to exist before it has been read.</summary>
    private bool Assumes(Pending first)
    {
        if (asked || first.Command is not IBegin) return false;
        (asked, assumed, loaded) = (true, true, true);
        return true;
    }

    /// <returns>False where it was not read yet and has to be.</returns>
    private async Task<bool> TryDecideAsync(List<Pending> together)
    {
        HashSet<Origin> before = [];
        foreach (var pending in together)
        {
            // An operation that runs ahead was never taken up again, so it asks for the first time.
            if (pending is not { Command: IOneOff, Ahead: null, Origin.Correlation.Length: > 0 }) continue;
            await settled;
            if (await HasAsync(pending.Origin)) before.Add(pending.Origin);
        }

        var (after, events, origins) = DecideAll(together, before);
        if (events.Count == 0 && assumed)
        {
            // Nothing proves that there is no such stream.
            (assumed, loaded) = (false, false);
            return false;
        }

        if (events.Count == 0)
        {
            Rest(together);
            return true;
        }

        assumed = false;
        var append = new Append(stream, version, events, origins);
        if (version == 0) begunBy = origins[0];
        state = after;
        version += events.Count;
        Write(new Written(append, together, state, version, begunBy!));
        return true;
    }

    private (TState After, List<IEvent> Events, List<Origin> Origins) DecideAll(List<Pending> together, HashSet<Origin> before)
    {
        var tentative = state;
        List<IEvent> events = [];
        List<Origin> origins = [];
        foreach (var pending in together)
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

    private sealed class Pending(ICommand<TState> command, Origin origin, CommitDependencies? ahead)
    {
        public ICommand<TState> Command { get; } = command;
        public Origin Origin { get; } = origin;
        public CommitDependencies? Ahead { get; } = ahead;
        public Decision? Decision { get; set; }
        public int Failures { get; set; }
        public TaskCompletionSource<Reply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
