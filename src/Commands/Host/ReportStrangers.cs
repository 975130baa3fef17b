using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Host;

/// <summary>Says which domains the host has that the log does not; said once, until they are others.</summary>
public sealed record ReportStrangers(HostId Host, IReadOnlyList<string> Domains) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) =>
        state.Existence is not Existence.Present || state.Strangers.SequenceEqual(Domains, StringComparer.Ordinal)
            ? Decision.Already()
            : Decision.Accept(new HostStrangersFound(Domains));
}
