using System.Collections.Concurrent;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Agents.Gateway;

/// <summary>The hosts whose agents are connected to this node, and the tasks that they are asked for.</summary>
public sealed class ConnectedAgents(AgentGatewayOptions options)
{
    private readonly ConcurrentDictionary<HostId, AgentDesk> desks = new();

    /// <summary>The hosts that are connected now.</summary>
    public IEnumerable<HostId> Hosts => desks.Where(d => d.Value.Connected).Select(d => d.Key);

    public bool IsConnected(HostId host) => desks.TryGetValue(host, out var desk) && desk.Connected;

    /// <summary>
    /// Sends a wish to the agent of its host and waits for the result. A connection that is lost meanwhile is waited for: the
    /// agent carries the task out once and brings its result when it is back.
    /// </summary>
    /// <param name="task">Identifies the request. Asked again, it is answered from the agent's memory of what it did.</param>
    /// <param name="ct">Ends the waiting, not the work.</param>
    /// <returns>
    /// What the agent answered. To be asked again later: <c>host.not-connected</c>, <c>host.busy</c>, and <c>host.no-answer</c>
    /// when <paramref name="ct"/> ended the waiting.
    /// </returns>
    public Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct) =>
        desks.TryGetValue(wish.Host, out var desk)
            ? desk.PerformAsync(task, wish, ct)
            : Task.FromResult(AgentDesk.NotConnected(wish.Host));

    internal AgentDesk DeskOf(HostId host) => desks.GetOrAdd(host, static (h, o) => new AgentDesk(h, o), options);
}
