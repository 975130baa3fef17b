using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;

namespace IaaS.Domain.Volume;

/// <summary>A root disk has been made.</summary>
[EventName("volume.created/1")]
public sealed record VolumeCreated(
    VolumeId Volume, string Name, ProjectId Project, VmId Vm, StorageId Storage, ImageId Image, Bytes Size) : IResourceCreated
{
    // The storage holds its space and the VM holds it: both on their own streams.
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

public sealed record VolumeState : ResourceState, IState<VolumeState>
{
    public static string Kind => VolumeId.Kind;
    public static VolumeState Empty { get; } = new();
    public static VolumeState Evolve(VolumeState state, IEvent happened) => EvolveResource(state, happened);
}
