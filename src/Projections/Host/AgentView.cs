using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Host;

/// <summary>One row per host that has an agent: what proves that an agent is the host's. Not shown to anybody.</summary>
public sealed record AgentView(string Id, string SecretHash) : IView<AgentView>
{
    public static ViewType Type { get; } = new("agent", Version: 1, []) { Plural = "agents", Hidden = ["secretHash"] };

    public static string? RowOf(Recorded happened) =>
        happened.Event is HostAgentEnrolled or ResourceDeleted ? ResourceRow.Of(happened, "host") : null;

    public static AgentView? Apply(AgentView? row, Recorded happened) => happened.Event switch
    {
        HostAgentEnrolled e => new(happened.Stream, e.SecretHash),
        ResourceDeleted => null,
        _ => row,
    };
}
