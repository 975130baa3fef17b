using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Domain.Network;

/// <param name="Clusters">On whose hosts it is realised; empty for all of the zone.</param>
/// <param name="Bridge">Name of the bridge on hosts, at most 15 characters.</param>
/// <param name="Vlan">1 to 4094; null for untagged.</param>
[EventName("l2.created/1")]
public sealed record L2Created(
    L2Id L2, string Name, string? Description, ZoneId Zone, IReadOnlyList<ClusterId> Clusters, string Bridge, int? Vlan) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [Zone.Value, .. Clusters.Select(c => c.Value)];
}

public sealed record L2State : ResourceState, IState<L2State>
{
    public static string Kind => L2Id.Kind;
    public static L2State Empty { get; } = new();
    public static L2State Evolve(L2State state, IEvent happened) => EvolveResource(state, happened);
}
