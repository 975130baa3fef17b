using System.Text.Json;
using IaaS.Commands.Cascade;
using IaaS.Commands.Host;
using IaaS.Commands.Image;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Network;
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
        if (input == typeof(VmBatch)) return new VmBatch(Cloud.Order(vm, cpus: 2, nics: 2), Count: 3);
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
        return OfInfrastructure(input);
    }

    private static object OfInfrastructure(Type input)
    {
        if (input == typeof(HostUpkeep)) return new HostUpkeep(new("host-1"), StopVms: true);
        if (input == typeof(CascadeTarget)) return new CascadeTarget(Cloud.Project.Value, Disable: true);
        if (input == typeof(ResourceTarget)) return new ResourceTarget("zone-1");
        if (input == typeof(ResourceName)) return new ResourceName("zone-1", "another", Description: null);
        if (input == typeof(ResourceTag)) return new ResourceTag("zone-1", "a::b");
        if (input == typeof(CreateL3)) return new CreateL3(new("l3-new"), "l3", Description: null, new("l2-1"), "br0", Vlan: null, "10.9.0.0/16", Gateway: null);
        if (input == typeof(AddAddressRange)) return new AddAddressRange(Cloud.Network, "another", "10.0.2.1", "10.0.2.9");
        var sample = JsonSerializer.SerializeToNode(Samples.Of(input), input, DomainJson.Options)!.AsObject();
        // What is to be made is not there yet.
        if (KindOf(input) is { } kind) sample[kind] = $"{kind.ToLowerInvariant()}-new";
        return sample.Deserialize(input, DomainJson.Options)!;
    }

    /// <summary>The stream of a workflow's subject.</summary>
    public static string SubjectOf(object input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input switch
        {
            ResourceTarget r => r.Id,
            CascadeTarget r => r.Id,
            ResourceName r => r.Id,
            ResourceTag r => r.Id,
            HostUpkeep r => r.Host.Value,
            SnapshotOrder r => r.Snapshot.Value,
            ICommand c => c.Stream,
            _ => input.GetType().GetProperties().Select(p => p.GetValue(input)).OfType<IResourceId>().First().Value,
        };
    }

    /// <summary>The first field of a creation is the id of what is made.</summary>
    private static string? KindOf(Type input) => input.IsAssignableTo(typeof(ICreateResource)) ? JsonNamingPolicy.CamelCase.ConvertName(input.GetProperties()[0].Name) : null;
}
