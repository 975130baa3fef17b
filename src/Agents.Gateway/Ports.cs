using IaaS.Domain.Host;
using IaaS.Drivers;

namespace IaaS.Agents.Gateway;

/// <summary>Knows who an agent is. Implemented by whoever keeps the secrets' hashes.</summary>
public interface IAgentCredentials
{
    /// <summary>True when the secret is the one that the host was given when it enrolled.</summary>
    ValueTask<bool> VerifyAsync(HostId host, string secret, CancellationToken ct);
}

/// <summary>
/// Is told what agents do. Called on the agent's own stream, in order for one connection: a slow answer slows that agent alone.
/// </summary>
public interface IAgentReports
{
    /// <summary>The host is about to be granted a lease, from now on.</summary>
    ValueTask GrantedAsync(HostId host, CancellationToken ct);

    ValueTask ConnectedAsync(HostId host, HostFacts facts, string agentVersion, CancellationToken ct);

    ValueTask HeartbeatAsync(HostId host, int tasksRunning, CancellationToken ct);

    /// <param name="ct">Never cancelled by the connection's end.</param>
    ValueTask DisconnectedAsync(HostId host, string why, CancellationToken ct);
}

public sealed record AgentGatewayOptions
{
    /// <summary>How often agents say that they are there. A connection silent for three times as long is cut.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a host may run what needs a lease, from when its agent sent its last heartbeat that was answered.</summary>
    public TimeSpan Lease => 3 * Heartbeat;

    /// <summary>How much later than that a host is taken for lost: clocks differ in speed, and guests take time to stop.</summary>
    public TimeSpan LeaseMargin => 2 * Heartbeat;

    /// <summary>How long a new connection may take to say who it is.</summary>
    public TimeSpan HelloWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Tasks of one host that are awaited at once; one more is refused with <c>host.busy</c>.</summary>
    public int TasksPerHost { get; init; } = 4096;
}
