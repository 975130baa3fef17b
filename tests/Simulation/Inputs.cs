using IaaS.Commands.Image;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation;

/// <summary>What a workflow about a VM, or a data volume of it, is asked with, by the type of its input.</summary>
public static class Inputs
{
    public static VolumeId DataVolume { get; } = new("volume-data-1");

    public static SnapshotId Snapshot { get; } = new("snapshot-1");

    public static ImageId Image { get; } = new("image-made");

    public static object Of(Type input, string vm)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input == typeof(VmOrder)) return Cloud.Order(vm, cpus: 2, nics: 2);
        if (input == typeof(VmTarget)) return new VmTarget(new VmId(vm));
        if (input == typeof(RenameVm)) return new RenameVm(new VmId(vm), "another", Description: null);
        if (input == typeof(VmMigration)) return new VmMigration(new VmId(vm), To: null);
        if (input == typeof(VmSize)) return new VmSize(new VmId(vm), Cpus: 3, 2.GiB);
        if (input == typeof(VmDiscard)) return new VmDiscard(new VmId(vm), DateTimeOffset.MaxValue);
        if (input == typeof(SetHostLossPolicy)) return new SetHostLossPolicy(new VmId(vm), HostLossPolicy.Restart);
        if (input == typeof(VmFailover)) return new VmFailover(new VmId(vm), Fenced: true);
        if (input == typeof(VmStray)) return new VmStray(new VmId(vm), new("host-2"));
        if (input == typeof(VmVolume)) return new VmVolume(new VmId(vm), DataVolume);
        if (input == typeof(VmNicOrder)) return new VmNicOrder(new VmId(vm), Cloud.Nic(vm, "x"));
        if (input == typeof(VmNicTarget)) return new VmNicTarget(new VmId(vm), Cloud.Order(vm).Nics[0].Nic);
        if (input == typeof(VolumeOrder)) return Cloud.Volume(DataVolume.Value);
        if (input == typeof(VolumeTarget)) return new VolumeTarget(DataVolume);
        if (input == typeof(SnapshotOrder)) return new SnapshotOrder(Snapshot, "s", Description: null, DataVolume, Cloud.Project);
        if (input == typeof(SnapshotTarget)) return new SnapshotTarget(Snapshot, DataVolume);
        if (input == typeof(ImageOrder)) return new ImageOrder(Image, "i", Description: null, DataVolume);
        if (input == typeof(ImageTarget)) return new ImageTarget(Image);
        throw new SimulationException($"No input of {input} about a VM: teach it.");
    }
}
