using System.Text.Json;
using Grpc.Core;
using IaaS.Agent.Contract;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Drivers;
using Microsoft.Extensions.Logging;

namespace IaaS.Agents.Gateway;

/// <summary>Where agents dial in.</summary>
public sealed partial class AgentGatewayService(
    ConnectedAgents agents, IAgentCredentials credentials, IAgentReports reports, AgentGatewayOptions options, TimeProvider time,
    ILogger<AgentGatewayService> log) : AgentGateway.AgentGatewayBase
{
    public override async Task Connect(
        IAsyncStreamReader<FromAgent> requestStream, IServerStreamWriter<ToAgent> responseStream, ServerCallContext context)
    {
        using var line = new AgentLine(options.TasksPerHost);
        using var silence = new CancellationTokenSource(options.HelloWithin, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, silence.Token, line.Ended);
        var hello = await HelloAsync(requestStream, any.Token);
        var host = HostId.Of(hello.HostId);
        if (!ResourceId.IsValid(hello.HostId, HostId.Kind) || !await credentials.VerifyAsync(host, hello.Secret, any.Token))
        {
            LogRefused(log, hello.HostId, context.Peer);
            throw new RpcException(new Status(StatusCode.Unauthenticated, $"{hello.HostId} is not known with this secret."));
        }

        await reports.GrantedAsync(host, any.Token);
        await line.SendAsync(new ToAgent { Welcome = new Welcome { HeartbeatSeconds = (int)Math.Ceiling(options.Heartbeat.TotalSeconds), LeaseSeconds = (int)Math.Floor(options.Lease.TotalSeconds) } }, any.Token);
        await reports.ConnectedAsync(host, FactsOf(hello), hello.AgentVersion, any.Token);
        var desk = agents.DeskOf(host);
        desk.Connect(line, [.. hello.RunningTasks]);
        LogConnected(log, hello.HostId, context.Peer);
        var writing = line.WriteToAsync(responseStream);
        try
        {
            await ReadAsync(requestStream, host, desk, line, silence, any.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // A cut connection looks different each time; what it means is the same.
            if (silence.IsCancellationRequested) line.End($"silent for {3 * options.Heartbeat}");
        }
        finally
        {
            line.End("the agent hung up");
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LogDisconnected(log, hello.HostId, line.Why);
            if (desk.Disconnect(line)) await reports.DisconnectedAsync(host, line.Why, CancellationToken.None);
        }
    }

    private static async Task<Hello> HelloAsync(IAsyncStreamReader<FromAgent> stream, CancellationToken ct)
    {
        try
        {
            if (await stream.MoveNext(ct) && stream.Current.Hello is { } hello) return hello;
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "No Hello in time."));
        }

        throw new RpcException(new Status(StatusCode.InvalidArgument, "The first message must be a Hello."));
    }

    private static HostFacts FactsOf(Hello hello) => new(
        hello.Facts?.HostName ?? "", hello.Facts?.Cpus ?? 0, new Bytes(hello.Facts?.MemoryBytes ?? 0), hello.Facts?.Hypervisor ?? "");

    private async Task ReadAsync(
        IAsyncStreamReader<FromAgent> stream, HostId host, AgentDesk desk, AgentLine line, CancellationTokenSource silence,
        CancellationToken ct)
    {
        do
        {
            silence.CancelAfter(3 * options.Heartbeat);
            switch (stream.Current)
            {
                case { Result: { } result }:
                    desk.Answered(result.TaskId, OutcomeOf(result));
                    await line.SendAsync(new ToAgent { Ack = new Ack { TaskId = result.TaskId } }, ct);
                    break;
                case { Heartbeat: { } heartbeat }:
                    // Told first: the lease must not be granted by an answer that nobody here remembers.
                    await reports.HeartbeatAsync(host, heartbeat.TasksRunning, ct);
                    await line.SendAsync(new ToAgent { Beat = new Beat { Number = heartbeat.Number } }, ct);
                    break;
            }
        }
        while (await stream.MoveNext(ct));
    }

    private static Outcome OutcomeOf(Result result)
    {
        try
        {
            return WishJson.ReadOutcome(result.OutcomeJson);
        }
        catch (JsonException e)
        {
            return Outcome.Fail("host.bad-answer", $"Task {result.TaskId}: {e.Message}");
        }
    }

    [LoggerMessage(LogLevel.Information, "Agent of {Host} connected from {Peer}")]
    private static partial void LogConnected(ILogger log, string host, string peer);

    [LoggerMessage(LogLevel.Information, "Agent of {Host} disconnected: {Why}")]
    private static partial void LogDisconnected(ILogger log, string host, string why);

    [LoggerMessage(LogLevel.Warning, "Refused an agent that calls itself {Host} from {Peer}: unknown host or wrong secret")]
    private static partial void LogRefused(ILogger log, string host, string peer);
}
