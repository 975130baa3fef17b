using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using IaaS.Agent.Contract;

namespace IaaS.Agent;

/// <summary>One connection to the control plane, from Hello to its end.</summary>
internal sealed class AgentSession(AgentTasks tasks, ResultLog results, HostLease lease, TimeProvider time) : IDisposable
{
    private readonly Channel<bool> news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly SemaphoreSlim writing = new(1);
    private readonly Queue<(long Number, long Sent)> beats = new();
    private TimeSpan granted;

    /// <summary>Returns when the control plane ends the connection. Throws what the connection throws.</summary>
    public async Task RunAsync(Uri address, Hello hello, Action welcomed, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler
        {
            // Finds out in half a minute that the other end is gone without a word.
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var call = new AgentGateway.AgentGatewayClient(channel).Connect(cancellationToken: ending.Token);
        var sent = time.GetTimestamp();
        await call.RequestStream.WriteAsync(new FromAgent { Hello = hello }, ending.Token);
        if (!await call.ResponseStream.MoveNext(ending.Token) || call.ResponseStream.Current.Welcome is not { } welcome)
            throw new RpcException(new Status(StatusCode.Unavailable, "The control plane did not say welcome."));
        granted = TimeSpan.FromSeconds(welcome.LeaseSeconds);
        lease.Renew(sent, granted);
        welcomed();

        tasks.Tell(() => news.Writer.TryWrite(true));
        news.Writer.TryWrite(true);
        Task[] parts =
        [
            ReadAsync(call, ending.Token),
            SendResultsAsync(call.RequestStream, ending.Token),
            BeatAsync(call.RequestStream, TimeSpan.FromSeconds(Math.Max(1, welcome.HeartbeatSeconds)), ending.Token),
        ];
        var first = await Task.WhenAny(parts);
        await ending.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    public void Dispose() => writing.Dispose();

    private async Task ReadAsync(AsyncDuplexStreamingCall<FromAgent, ToAgent> call, CancellationToken ct)
    {
        while (await call.ResponseStream.MoveNext(ct))
        {
            switch (call.ResponseStream.Current)
            {
                case { Task: { } task } when tasks.Begin(task) is { } known:
                    await SendAsync(call.RequestStream, ResultOf(task.Id, known), ct);
                    break;
                case { Beat: { } beat }:
                    Renew(beat.Number);
                    break;
                case { Ack: { } ack }:
                    results.Acknowledge(ack.TaskId);
                    break;
            }
        }
    }

    // The log is the queue: a result is sent once on each connection until it is acknowledged.
    private async Task SendResultsAsync(IClientStreamWriter<FromAgent> stream, CancellationToken ct)
    {
        var sent = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var _ in news.Reader.ReadAllAsync(ct))
        {
            var waiting = results.Unacknowledged;
            sent.IntersectWith(waiting.Select(r => r.Task));
            foreach (var (task, outcome) in waiting)
            {
                if (sent.Add(task)) await SendAsync(stream, ResultOf(task, outcome), ct);
            }
        }
    }

    private async Task BeatAsync(IClientStreamWriter<FromAgent> stream, TimeSpan every, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(every, time);
        for (var number = 1L; await timer.WaitForNextTickAsync(ct); number++)
        {
            var beat = new Heartbeat { TasksRunning = tasks.Running.Count, ResultsUnacknowledged = results.Unacknowledged.Count, Number = number };
            lock (beats) beats.Enqueue((number, time.GetTimestamp()));
            await SendAsync(stream, new FromAgent { Heartbeat = beat }, ct);
        }
    }

    private void Renew(long number)
    {
        lock (beats)
        {
            while (beats.TryPeek(out var beat) && beat.Number <= number)
            {
                beats.Dequeue();
                if (beat.Number == number) lease.Renew(beat.Sent, granted);
            }
        }
    }

    private async Task SendAsync(IClientStreamWriter<FromAgent> stream, FromAgent message, CancellationToken ct)
    {
        await writing.WaitAsync(ct);
        try
        {
            await stream.WriteAsync(message, ct);
        }
        finally
        {
            writing.Release();
        }
    }

    private static FromAgent ResultOf(string task, string outcome) =>
        new() { Result = new Result { TaskId = task, OutcomeJson = outcome } };
}
