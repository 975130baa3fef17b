using System.Threading.Channels;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Operation;

/// <summary>Hands the events of single operations to those who follow them, as they are committed. Who follows nothing costs a commit nothing.</summary>
public sealed class OperationNews : IFeedListener
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Channel<Recorded>>> followers = new(StringComparer.Ordinal);
    private volatile int count;

    /// <summary>Those who follow an operation now.</summary>
    public int Count => count;

    void IFeedListener.Publish(long previous, IReadOnlyList<Recorded> events)
    {
        if (count == 0) return;
        lock (gate)
        {
            foreach (var happened in events)
            {
                if (!followers.TryGetValue(happened.Stream, out var channels)) continue;
                foreach (var channel in channels) channel.Writer.TryWrite(happened);
            }
        }
    }

    /// <summary>Hears of each event of an operation that is committed from now on. An operation has few: what a slow reader leaves waiting is small.</summary>
    internal Subscription Follow(OperationId operation)
    {
        var channel = Channel.CreateUnbounded<Recorded>();
        lock (gate)
        {
            if (!followers.TryGetValue(operation.Value, out var channels)) followers[operation.Value] = channels = [];
            channels.Add(channel);
            count++;
        }

        return new Subscription(this, operation.Value, channel);
    }

    private void Leave(string operation, Channel<Recorded> channel)
    {
        lock (gate)
        {
            if (!followers.TryGetValue(operation, out var channels) || !channels.Remove(channel)) return;
            if (channels.Count == 0) followers.Remove(operation);
            count--;
        }
    }

    internal sealed class Subscription(OperationNews news, string operation, Channel<Recorded> channel) : IDisposable
    {
        private Task? waiting;

        /// <returns>Null when nothing has happened for a while.</returns>
        public async Task<Recorded?> NextAsync(TimeSpan patience, TimeProvider time, CancellationToken ct)
        {
            if (channel.Reader.TryRead(out var next)) return next;
            // One that waits already is not joined by another with each heartbeat.
            waiting ??= channel.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            try
            {
                await waiting.WaitAsync(patience, time, ct);
            }
            catch (TimeoutException)
            {
                return null;
            }

            waiting = null;
            return channel.Reader.TryRead(out next) ? next : null;
        }

        public void Dispose() => news.Leave(operation, channel);
    }
}
