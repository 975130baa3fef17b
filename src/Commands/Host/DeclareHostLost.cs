using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Host;

/// <summary>Its agent has been silent for longer than its lease. An agent that is back meanwhile is not lost.</summary>
public sealed record DeclareHostLost(HostId Host, string Why) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    /// <summary>The output when it is lost, now or before.</summary>
    public const string IsLost = "lost";

    public Decision Decide(HostState state) => state switch
    {
        { Existence: Existence.Present, Connected: false, Lost: false } => new Decision.Accepted([new HostLost(Why)], IsLost),
        { Lost: true } => Decision.Already(IsLost),
        _ => Decision.Already(),
    };
}
