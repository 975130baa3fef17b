using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Domain.Cluster;

[EventName("cluster.created/1")]
public sealed record ClusterCreated(ClusterId Cluster, string Name, string? Description, ZoneId Zone) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [Zone.Value];
}

public sealed record ClusterState : ResourceState, IState<ClusterState>
{
    public static string Kind => ClusterId.Kind;
    public static ClusterState Empty { get; } = new();
    public static ClusterState Evolve(ClusterState state, IEvent happened) => EvolveResource(state, happened);
}
