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

    /// <returns>The position of the append's last event, or null when the stream has moved past the expected version.</returns>
    /// <exception cref="StoreUnavailableException">Nothing is known about it: read the stream again.</exception>
    public Task<long?> AppendAsync(Append append)
    {
        var waiting = new Waiting(append);
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

    private List<Waiting> Gather()
    {
        List<Waiting> batch = [];
        HashSet<string> streams = new(StringComparer.Ordinal);
        var events = 0;
        var before = held.ToArray();
        held.Clear();
        foreach (var waiting in before) Take(waiting);
        while (events < MaxEvents && queue.Reader.TryRead(out var waiting)) Take(waiting);
        return batch;

        void Take(Waiting waiting)
        {
            // A second append to a stream can only follow the first: it goes into the next commit.
            if (!streams.Add(waiting.Append.Stream))
            {
                held.Add(waiting);
                return;
            }

            batch.Add(waiting);
            events += waiting.Append.Events.Count;
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        Committed committed;
        try
        {
            committed = await store.AppendAsync(batch.ConvertAll(w => w.Append), CancellationToken.None);
        }
        catch (Exception e)
        {
            LogStoreFailed(log, e, batch.Count);
            foreach (var waiting in batch) waiting.Done.SetException(new StoreUnavailableException(e.Message, e));
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
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Done.SetResult(committed.Conflicts.Contains(i) ? null : last.GetValueOrDefault(batch[i].Append.Stream));
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

    private sealed class Waiting(Append append)
    {
        public Append Append { get; } = append;
        public TaskCompletionSource<long?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The store did not answer. What was asked of it may have happened or not.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner) : Exception(message, inner);
