using System.Collections.Concurrent;
using System.Net;
using IaaS.Agent.Contract;
using IaaS.Agents.Gateway;
using IaaS.Domain.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IaaS.Drivers.Tests.Agents;

/// <summary>The gateway on loopback over real gRPC, with an enrolment that knows one token.</summary>
internal sealed class ControlPlaneStandIn : IAgentCredentials, IAgentReports, IAsyncDisposable
{
    public const string Token = "join-me";
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<HostId, string> secrets = new();
    private int enrolled;

    private ControlPlaneStandIn()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http1);
            k.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddAgentGateway(new AgentGatewayOptions { Heartbeat = TimeSpan.FromSeconds(1) });
        builder.Services.AddSingleton<IAgentCredentials>(this).AddSingleton<IAgentReports>(this);
        app = builder.Build();
        app.MapAgentGateway();
        app.MapPost("/v1/agents/enroll", Enroll);
    }

    public ConnectedAgents Agents => app.Services.GetRequiredService<ConnectedAgents>();
    public Uri Url => new(Address(0));
    public Uri GrpcUrl => new(Address(1));
    public ConcurrentQueue<string> Reports { get; } = [];

    /// <summary>Where enrolled agents are told to dial; the gateway itself unless a test puts something in between.</summary>
    public string? Dial { get; set; }

    public int Enrolled => enrolled;

    public static async Task<ControlPlaneStandIn> StartAsync()
    {
        var started = new ControlPlaneStandIn();
        await started.app.StartAsync();
        return started;
    }

    public ValueTask<bool> VerifyAsync(HostId host, string secret, CancellationToken ct) =>
        ValueTask.FromResult(secrets.TryGetValue(host, out var known) && known == secret);

    public ValueTask ConnectedAsync(HostId host, HostFacts facts, string agentVersion, CancellationToken ct) =>
        Report($"{host} connected: {facts.HostName}, {facts.Cpus} cpus, agent {agentVersion.Split('+')[0]}");

    public ValueTask GrantedAsync(HostId host, CancellationToken ct) => ValueTask.CompletedTask;

    public ValueTask HeartbeatAsync(HostId host, int tasksRunning, CancellationToken ct) => Report($"{host} beats");

    public ValueTask DisconnectedAsync(HostId host, string why, CancellationToken ct) => Report($"{host} disconnected: {why}");

    public async ValueTask DisposeAsync()
    {
        // Connections of agents never end by themselves: there is nothing to wait for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private IResult Enroll(EnrollRequest request)
    {
        if (request.Token != Token) return Results.Text("This token is not known.", statusCode: StatusCodes.Status403Forbidden);
        var host = new HostId($"host-{Interlocked.Increment(ref enrolled)}");
        secrets[host] = $"secret of {host}";
        return Results.Ok(new EnrollResponse(host.Value, secrets[host], Dial ?? GrpcUrl.ToString()));
    }

    private ValueTask Report(string what)
    {
        Reports.Enqueue(what);
        return default;
    }

    private string Address(int index) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(index);
}
