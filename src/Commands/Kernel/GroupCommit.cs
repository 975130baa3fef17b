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

    /// <summary>Commits made, and events in them, since the start.</summary>
    public (long Commits, long Events) Count { get; private set; }

    /// <summary>Position of the last event that this process knows to be committed.</summary>
    public long Position { get; private set; }

    /// <param name="append">Events of one stream.</param>
    /// <param name="chain">The appends before it that it rests on; null where it rests on none that is under way.</param>
    /// <returns>
    /// The position of the stream's last event in the commit, or null when it was not written: the stream has moved past the expected
    /// version, or an append of its chain before it was not written.
    /// </returns>
    /// <exception cref="StoreUnavailableException">Nothing is known about it: read the stream again.</exception>
    public Task<long?> AppendAsync(Append append, AppendChain? chain = null)
    {
        var waiting = new Waiting(append, chain);
        if (!queue.Writer.TryWrite(waiting)) waiting.Done.SetException(new StoreUnavailableException("The writer has stopped.", null));
        return waiting.Done.Task;
    }

    /// <summary>Writes until it is cancelled; then what still waits is told so.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (held.Count > 0 || await queue.Reader.WaitToReadAsync(ct)) await CommitAsync(Gather());
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Asked to stop.
        }

        queue.Writer.TryComplete();
        foreach (var late in held) late.Done.TrySetException(new StoreUnavailableException("The process is stopping.", null));
        while (queue.Reader.TryRead(out var late)) late.Done.TrySetException(new StoreUnavailableException("The process is stopping.", null));
    }

    private List<Gathered> Gather()
    {
        List<Gathered> batch = [];
        Dictionary<string, Gathered> streams = new(StringComparer.Ordinal);
        var events = 0;
        var before = held.ToArray();
        held.Clear();
        foreach (var waiting in before) Take(waiting);
        while (events < MaxEvents && queue.Reader.TryRead(out var waiting)) Take(waiting);
        return batch;

        void Take(Waiting waiting)
        {
            if (waiting.Chain is { IsBroken: true })
            {
                waiting.Done.SetResult(null);
                return;
            }

            if (!streams.TryGetValue(waiting.Append.Stream, out var there))
            {
                streams[waiting.Append.Stream] = there = new Gathered(waiting);
                batch.Add(there);
            }
            else if (!there.TryJoin(waiting))
            {
                // It rests on another's answer: it goes into the next commit.
                held.Add(waiting);
                return;
            }

            events += waiting.Append.Events.Count;
        }
    }

    private async Task CommitAsync(List<Gathered> batch)
    {
        if (batch.Count == 0) return;
        Committed committed;
        try
        {
            committed = await store.AppendAsync(batch.ConvertAll(g => g.Append), CancellationToken.None);
        }
        catch (Exception e)
        {
            LogStoreFailed(log, e, batch.Count);
            foreach (var gathered in batch) gathered.Fail(new StoreUnavailableException(e.Message, e));
            return;
        }

        Count = (Count.Commits + 1, Count.Events + committed.Events.Count);
        if (committed.Events.Count > 0)
        {
            Position = committed.Events[^1].Position;
            Tell(committed);
        }

        var last = new Dictionary<string, long>(batch.Count, StringComparer.Ordinal);
        foreach (var happened in committed.Events) last[happened.Stream] = happened.Position;
        for (var i = 0; i < batch.Count; i++) batch[i].Answer(committed.Conflicts.Contains(i) ? null : last.GetValueOrDefault(batch[i].Append.Stream));
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

    private sealed class Waiting(Append append, AppendChain? chain)
    {
        public Append Append { get; } = append;
        public AppendChain? Chain { get; } = chain;
        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What one stream gets in one commit: an append, and those of its chain that follow on it.</summary>
    private sealed class Gathered(Waiting first)
    {
        private List<Waiting>? further;
        private Append? joined;
        private long version = first.Append.ExpectedVersion + first.Append.Events.Count;

        public Append Append => further is null ? first.Append : joined ??= first.Append with
        {
            Events = [.. first.Append.Events, .. further.SelectMany(w => w.Append.Events)],
            Origins = [.. first.Append.Origins, .. further.SelectMany(w => w.Append.Origins)],
        };

        public bool TryJoin(Waiting next)
        {
            if (first.Chain is null || next.Chain != first.Chain || next.Append.ExpectedVersion != version) return false;
            (further ??= []).Add(next);
            version += next.Append.Events.Count;
            return true;
        }

        public void Answer(long? position)
        {
            if (position is null) first.Chain?.Break();
            first.Done.SetResult(position);
            further?.ForEach(w => w.Done.SetResult(position));
        }

        public void Fail(Exception e)
        {
            first.Chain?.Break();
            first.Done.SetException(e);
            further?.ForEach(w => w.Done.SetException(e));
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
