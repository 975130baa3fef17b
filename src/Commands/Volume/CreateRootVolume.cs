using System.Text.Json;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Volume;

/// <summary>A VM's root disk has been made: it is a resource from now on.</summary>
public sealed record CreateRootVolume(
    VolumeId Volume, string Name, ProjectId Project, VmId Vm, StorageId Storage, ImageId Image, Bytes Size) : ICommand<VolumeState>, IBegin
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state) => state.Existence is Existence.Present
        ? Decision.Already()
        : state.DecideCreate(Volume.Value, new VolumeCreated(Volume, Name, Project, Vm, Storage, Image, Size));
}

/// <summary>Takes back a root volume, where it was made at all. Its output is a JSON array of its snapshots, which go with it.</summary>
public sealed record DiscardVolume(VolumeId Volume) : ICommand<VolumeState>
{
    string ICommand.Stream => Volume.Value;

    public Decision Decide(VolumeState state)
    {
        var snapshots = JsonSerializer.Serialize(state.Snapshots);
        return state.Existence is Existence.Present ? new Decision.Accepted([new ResourceDeleted()], snapshots) : Decision.Already(snapshots);
    }
}
