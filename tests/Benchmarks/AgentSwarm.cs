using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using IaaS.Agent.Contract;

namespace IaaS.Benchmarks;

/// <summary>Agents that only say that they are there, each on a stream of its own; the process beside the server.</summary>
internal static class AgentSwarm
{
    private const int StreamsOfConnection = 100;

    /// <param name="file">A host's id and secret on each line.</param>
    public static async Task<int> RunAsync(string url, string file)
    {
        AppContext.SetSwitch("System.Net.Http.SocketsHttpHandler.Http2UnencryptedSupport", true);
        var hosts = await File.ReadAllLinesAsync(file);
        var lost = 0;
        var connected = 0;
        using var stop = new CancellationTokenSource();
        var channels = hosts.Chunk(StreamsOfConnection).Select(_ => GrpcChannel.ForAddress(url)).ToList();
        var agents = hosts.Select((line, i) => Task.Run(async () =>
        {
            // Not all at once: a data centre does not come up in one moment either.
            await Task.Delay(TimeSpan.FromMilliseconds(i), TimeProvider.System);
            if (await LiveAsync(channels[i / StreamsOfConnection], line.Split(' '), () => Interlocked.Increment(ref connected), stop.Token)) Interlocked.Increment(ref lost);
        })).ToList();
        while (Volatile.Read(ref connected) < hosts.Length) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Console.WriteLine($"connected {connected}");
        await Console.In.ReadToEndAsync();
        await stop.CancelAsync();
        await Task.WhenAll(agents);
        Console.WriteLine($"lost {lost}");
        return 0;
    }

    /// <returns>True when its lease has ended before it was told to stop.</returns>
    private static async Task<bool> LiveAsync(GrpcChannel channel, string[] host, Action connected, CancellationToken stop)
    {
        try
        {
            using var call = new AgentGateway.AgentGatewayClient(channel).Connect(cancellationToken: stop);
            await call.RequestStream.WriteAsync(new FromAgent { Hello = new Hello { HostId = host[0], Secret = host[1], AgentVersion = "bench", Facts = new Facts { HostName = host[0], Cpus = 8, MemoryBytes = 1L << 36, Hypervisor = "none" } } }, stop);
            if (!await call.ResponseStream.MoveNext(stop) || call.ResponseStream.Current.Welcome is not { } welcome) return true;
            connected();
            var lease = TimeSpan.FromSeconds(welcome.LeaseSeconds);
            for (var number = 1L; ; number++)
            {
                await Task.Delay(TimeSpan.FromSeconds(welcome.HeartbeatSeconds), TimeProvider.System, stop);
                var sent = Stopwatch.GetTimestamp();
                await call.RequestStream.WriteAsync(new FromAgent { Heartbeat = new Heartbeat { Number = number } }, stop);
                while (await call.ResponseStream.MoveNext(stop) && call.ResponseStream.Current.Beat?.Number != number)
                {
                    // Something else is for another kind of agent.
                }

                if (Stopwatch.GetElapsedTime(sent) > lease) return true;
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException or IOException)
        {
            return !stop.IsCancellationRequested;
        }
    }
}
