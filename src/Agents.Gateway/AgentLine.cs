using System.Threading.Channels;
using Grpc.Core;
using IaaS.Agent.Contract;

namespace IaaS.Agents.Gateway;

/// <summary>One connection's outgoing messages, bounded, written one after the other.</summary>
internal sealed class AgentLine(int capacity) : IDisposable
{
    private readonly Channel<ToAgent> queue = Channel.CreateBounded<ToAgent>(
        new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly CancellationTokenSource ended = new();

    public CancellationToken Ended => ended.Token;

    /// <summary>Why it ended; the first reason counts.</summary>
    public string Why { get; private set; } = "";

    /// <summary>False when the agent reads too slowly and the queue is full.</summary>
    public bool TrySend(ToAgent message) => queue.Writer.TryWrite(message);

    public ValueTask SendAsync(ToAgent message, CancellationToken ct) => queue.Writer.WriteAsync(message, ct);

    public void End(string why)
    {
        if (Why.Length == 0) Why = why;
        ended.Cancel();
    }

    public async Task WriteToAsync(IAsyncStreamWriter<ToAgent> stream)
    {
        await foreach (var message in queue.Reader.ReadAllAsync(Ended)) await stream.WriteAsync(message, Ended);
    }

    public void Dispose() => ended.Dispose();
}
