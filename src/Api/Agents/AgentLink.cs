using System.Security.Cryptography;
using System.Text;
using IaaS.Agents.Gateway;
using IaaS.Api.Kernel;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Drivers;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Agents;

/// <summary>What agents do, brought to the streams of their hosts; and who they are, from the read model.</summary>
public sealed class AgentLink(IStreams streams, LiveTable<AgentView> agents, HostLeases leases, HostWatch watch) : IAgentCredentials, IAgentReports
{
    public ValueTask<bool> VerifyAsync(HostId host, string secret, CancellationToken ct) => ValueTask.FromResult(
        agents.Find(host.Value) is { } agent
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(agent.SecretHash), Encoding.ASCII.GetBytes(Tokens.Hash(secret))));

    public async ValueTask ConnectedAsync(HostId host, HostFacts facts, string agentVersion, CancellationToken ct)
    {
        await streams.SendAsync(new ReportConnected(host, facts.HostName, facts.Cpus, facts.Memory, facts.Hypervisor, agentVersion), OriginOf(host, "connected"));
        watch.LookSoon(host);
    }

    public ValueTask GrantedAsync(HostId host, CancellationToken ct)
    {
        leases.Granted(host);
        return ValueTask.CompletedTask;
    }

    public ValueTask HeartbeatAsync(HostId host, int tasksRunning, CancellationToken ct) => GrantedAsync(host, ct);

    public async ValueTask DisconnectedAsync(HostId host, string why, CancellationToken ct) =>
        await streams.SendAsync(new ReportDisconnected(host, why), OriginOf(host, "disconnected"));

    /// <summary>After a start no agent is connected, whatever the log says: they come back within seconds.</summary>
    public async Task ForgetConnectionsAsync(IEnumerable<HostView> hosts)
    {
        foreach (var host in hosts.Where(h => h is { Status: "Connected" } && agents.Find(h.Id) is not null).ToList())
        {
            await DisconnectedAsync(HostId.Of(host.Id), "the control plane was restarted", CancellationToken.None);
        }
    }

    private static Origin OriginOf(HostId host, string cause) => new($"agent:{host}", "", cause);
}
