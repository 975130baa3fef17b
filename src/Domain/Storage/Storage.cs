using System.Collections.Immutable;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Domain.Storage;

/// <param name="Clusters">Whose hosts reach it; empty for all of the zone.</param>
/// <param name="Host">For a storage that is one host's own; null for a shared one.</param>
/// <param name="Driver"><c>simulator</c>, <c>local</c> …</param>
/// <param name="Path">Where it is on a host, for drivers that want it; else empty.</param>
/// <param name="Capacity">What can be given away, in virtual sizes of disks.</param>
[EventName("storage.created/1")]
public sealed record StorageCreated(
    StorageId Storage, string Name, string? Description, ZoneId Zone, IReadOnlyList<ClusterId> Clusters, HostId? Host,
    string Driver, string Path, Bytes Capacity) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents =>
        [Zone.Value, .. Clusters.Select(c => c.Value), .. Host is { } host ? new[] { host.Value } : []];
}

[EventName("storage.space-allocated/1")]
public sealed record SpaceAllocated(string Volume, Bytes Size) : IEvent;

[EventName("storage.space-released/1")]
public sealed record SpaceReleased(string Volume, Bytes Size) : IEvent;

public sealed record StorageState : ResourceState, IState<StorageState>
{
    public static string Kind => StorageId.Kind;
    public static StorageState Empty { get; } = new();
    public static bool GrowsLong => true;

    public string Path { get; init; } = "";
    public Bytes Capacity { get; init; }
    public Bytes Used { get; init; }
    public ImmutableDictionary<string, Bytes> Volumes { get; init; } = ImmutableDictionary.Create<string, Bytes>(StringComparer.Ordinal);
    public override IEnumerable<string> Holders => Dependents.Keys.Concat(Volumes.Keys);

    public static StorageState Evolve(StorageState state, IEvent happened) => happened switch
    {
        StorageCreated e => EvolveResource(state, e) with { Path = e.Path, Capacity = e.Capacity },
        SpaceAllocated e => state with { Volumes = state.Volumes.SetItem(e.Volume, e.Size), Used = state.Used + e.Size },
        SpaceReleased e => state with { Volumes = state.Volumes.Remove(e.Volume), Used = state.Used - e.Size },
        _ => EvolveResource(state, happened),
    };
}
