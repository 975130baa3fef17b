using IaaS.Domain.Kernel;

namespace IaaS.Domain.Zone;

[EventName("zone.created/1")]
public sealed record ZoneCreated(ZoneId Zone, string Name, string? Description) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

public sealed record ZoneState : ResourceState, IState<ZoneState>
{
    public static string Kind => ZoneId.Kind;
    public static ZoneState Empty { get; } = new();
    public static ZoneState Evolve(ZoneState state, IEvent happened) => EvolveResource(state, happened);
}
