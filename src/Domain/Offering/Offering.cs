using IaaS.Domain.Kernel;

namespace IaaS.Domain.Offering;

[EventName("offering.created/1")]
public sealed record OfferingCreated(OfferingId Offering, string Name, string? Description, int Cpus, Bytes Memory) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

/// <summary>A VM takes over the sizes of its offering when it is made; it does not stand on it.</summary>
public sealed record OfferingState : ResourceState, IState<OfferingState>
{
    public static string Kind => OfferingId.Kind;
    public static OfferingState Empty { get; } = new();
    public static OfferingState Evolve(OfferingState state, IEvent happened) => EvolveResource(state, happened);
}

[EventName("diskoffering.created/1")]
public sealed record DiskOfferingCreated(DiskOfferingId DiskOffering, string Name, string? Description, Bytes Size) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

public sealed record DiskOfferingState : ResourceState, IState<DiskOfferingState>
{
    public static string Kind => DiskOfferingId.Kind;
    public static DiskOfferingState Empty { get; } = new();
    public static DiskOfferingState Evolve(DiskOfferingState state, IEvent happened) => EvolveResource(state, happened);
}
