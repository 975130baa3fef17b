using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Host;

/// <summary>Remembers who may speak for the host.</summary>
/// <param name="SecretHash">SHA-256 of the agent's secret, hexadecimal.</param>
public sealed record EnrolAgent(HostId Host, string SecretHash) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) =>
        state.RefuseUnlessPresent(Host.Value)
        ?? (string.Equals(state.SecretHash, SecretHash, StringComparison.Ordinal) ? Decision.Already() : Decision.Accept(new HostAgentEnrolled(SecretHash)));
}

/// <summary>The host's agent has dialled in and says what the host has.</summary>
public sealed record ReportConnected(HostId Host, string HostName, int Cpus, Bytes Memory, string Hypervisor, string AgentVersion) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state)
    {
        if (state.RefuseUnlessPresent(Host.Value) is { } refusal) return refusal;
        var now = new HostConnected(HostName, Cpus, Memory, Hypervisor, AgentVersion);
        return state.Connected && state.Facts == now ? Decision.Already() : Decision.Accept(now);
    }
}

public sealed record ReportDisconnected(HostId Host, string Why) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) =>
        state is { Existence: Existence.Present, Connected: true } ? Decision.Accept(new HostDisconnected(Why)) : Decision.Already();
}
