using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace IaaS.Commands.Kernel;

/// <summary>
/// The one writer of a process: gathers the appends of many streams into one commit. While a commit is under way the next one
/// gathers, so the busier the process, the larger its commits.
/// </summary>
public sealed partial class GroupCommit(IEventStore store, IEnumerable<ICommitObserver> observers, ILogger<GroupCommit> log)
{
    /// <summary>Events in one commit. Larger commits gain nothing and make the first caller wait for the last.</summary>
    private const int MaxEvents = 4_000;

    private readonly Channel<Waiting> queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ICommitObserver[] observers = [.. observers];
    private readonly List<Waiting> held = [];
    private readonly AppendGroups groups = new();

    /// <summary>Commits made, and events in them, since the start.</summary>
    public (long Commits, long Events) Count { get; private set; }

    /// <summary>Position of the last event that this process knows to be committed.</summary>
    public long Position { get; private set; }

    /// <param name="append">Events of one stream.</param>
    /// <param name="chain">The appends of its stream that it rests on; null where it rests on none that is under way.</param>
    /// <param name="told">The operations that are told of it before it is durable. It rests on all that they rest on.</param>
    /// <returns>
    /// The position of its last event, or null when it was not written: the stream has moved past the expected version, or something
    /// that it rests on was not written.
    /// </returns>
    /// <exception cref="StoreUnavailableException">Nothing is known about it: read the stream again.</exception>
    public Task<long?> AppendAsync(Append append, AppendChain? chain = null, params IReadOnlyList<CommitDependencies> told)
    {
        var waiting = new Waiting(told.Count == 0 ? append : append with { Binds = true }, chain, told);
        if (!queue.Writer.TryWrite(waiting)) waiting.Fail(new StoreUnavailableException("The writer has stopped.", null));
        return waiting.Done.Task;
    }

    /// <summary>
    /// No commit begins before what is returned is disposed: more is about to be handed over that it can take. Whoever holds it must not
    /// wait for anything.
    /// </summary>
    public IDisposable Together() => groups.Begin();

    /// <summary>Writes until it is cancelled; then what still waits is told so.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (held.Count > 0 || await queue.Reader.WaitToReadAsync(ct))
            {
                await groups.EndedAsync().WaitAsync(ct);
                await CommitAsync(Gather());
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Asked to stop.
        }

        queue.Writer.TryComplete();
        foreach (var late in held) late.Fail(new StoreUnavailableException("The process is stopping.", null));
        while (queue.Reader.TryRead(out var late)) late.Fail(new StoreUnavailableException("The process is stopping.", null));
    }

    private List<Waiting> Gather()
    {
        List<Waiting> batch = [];
        Dictionary<string, Waiting> last = new(StringComparer.Ordinal);
        var events = 0;
        var before = held.ToArray();
        held.Clear();
        foreach (var waiting in before) Take(waiting);
        while (held.Count == 0 && events < MaxEvents && queue.Reader.TryRead(out var waiting)) Take(waiting);
        return batch;

        void Take(Waiting waiting)
        {
            if (waiting.RestsOnBroken)
            {
                waiting.Refuse();
            }
            else if (held.Count > 0 || (last.TryGetValue(waiting.Append.Stream, out var there) && !waiting.Follows(there)))
            {
                // Whatever comes behind it may rest on it: all of that goes into the next commit.
                held.Add(waiting);
            }
            else
            {
                last[waiting.Append.Stream] = waiting;
                batch.Add(waiting);
                events += waiting.Append.Events.Count;
            }
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        if (batch.Count == 0) return;
        var appends = batch.ConvertAll(w => w.Append);
        Committed committed;
        try
        {
            committed = await store.AppendAsync(appends, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogStoreFailed(log, e, batch.Count);
            foreach (var waiting in batch) waiting.Fail(new StoreUnavailableException(e.Message, e));
            return;
        }

        Count = (Count.Commits + 1, Count.Events + committed.Events.Count);
        if (committed.Events.Count > 0)
        {
            Position = committed.Events[^1].Position;
            Tell(committed);
        }

        // First all that was not written, so that nothing is told of it afterwards.
        foreach (var i in committed.Conflicts) batch[i].Refuse();
        if (AppendRules.Stops(appends, committed.Conflicts)) held.InsertRange(0, batch.Where((_, i) => !committed.Conflicts.Contains(i)));
        else Answer(batch, committed);
    }

    private static void Answer(List<Waiting> batch, Committed committed)
    {
        var written = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (committed.Conflicts.Contains(i)) continue;
            written += batch[i].Append.Events.Count;
            batch[i].Done.SetResult(committed.Events[written - 1].Position);
        }
    }

    // What is committed is so, whatever an observer makes of it: a bug in one must not leave writers without their answer.
    private void Tell(Committed committed)
    {
        foreach (var observer in observers)
        {
            try
            {
                observer.Committed(committed.Previous, committed.Events);
            }
            catch (Exception e)
            {
                LogObserverFailed(log, e, observer.GetType().Name, committed.Events[0].Position);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Observer} failed on the commit that begins at {Position}")]
    private static partial void LogObserverFailed(ILogger log, Exception e, string observer, long position);

    [LoggerMessage(Level = LogLevel.Error, Message = "A commit of {Count} appends failed")]
    private static partial void LogStoreFailed(ILogger log, Exception e, int count);

    private sealed class Waiting(Append append, AppendChain? chain, IReadOnlyList<CommitDependencies> told)
    {
        public Append Append { get; } = append;

        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool RestsOnBroken
        {
            get
            {
                if (chain is { IsBroken: true }) return true;
                for (var i = 0; i < told.Count; i++)
                {
                    if (told[i].IsBroken) return true;
                }

                return false;
            }
        }

        private AppendChain? Chain => chain;

        /// <summary>True where it was decided on what is before it in the same commit.</summary>
        public bool Follows(Waiting there) =>
            chain is not null && chain == there.Chain && Append.ExpectedVersion == there.Append.ExpectedVersion + there.Append.Events.Count;

        /// <summary>It was not written, and so is nothing that rests on it.</summary>
        public void Refuse()
        {
            Break();
            Done.TrySetResult(null);
        }

        public void Fail(StoreUnavailableException why)
        {
            Break();
            Done.TrySetException(why);
        }

        private void Break()
        {
            chain?.Break();
            foreach (var operation in told) operation.Break();
        }
    }
}

/// <summary>
/// Appends of one owner to one stream, each decided on the one before it while that is under way. When one of them is not written, or
/// nobody knows, none after it is.
/// </summary>
public sealed class AppendChain
{
    /// <summary>Set by the writer between two commits, so that what follows is not written by the next one.</summary>
    internal bool IsBroken { get; private set; }

    internal void Break() => IsBroken = true;
}

/// <summary>The store did not answer. What was asked of it may have happened or not.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner) : Exception(message, inner);
