using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Domain.Zone;

namespace IaaS.Simulation;

/// <summary>What is there before a run begins.</summary>
public sealed record Cloud(int Hosts = 3, int CpusPerHost = 8, int Storages = 2, int Addresses = 12, Quota? Quota = null)
{
    /// <summary>Operations that act at once: few, so that they wait for each other.</summary>
    public int AtOnce { get; init; } = 3;

    public static ProjectId Project { get; } = new("project-1");

    public static L3Id Network { get; } = new("l3-1");

    private static readonly ZoneId Zone = new("zone-1");
    private static readonly ClusterId Cluster = new("cluster-1");

    public void Build(SimStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        store.Seed(Zone.Value, new ZoneCreated(Zone, "z", Description: null));
        store.Seed(Cluster.Value, new ClusterCreated(Cluster, "c", Description: null, Zone));
        store.Seed("l2-1", new L2Created(new L2Id("l2-1"), "l2", Description: null, Zone, [], "br0", Vlan: null));
        store.Seed(Project.Value, new ProjectCreated(Project, "p", Description: null, Quota ?? Quota.None));
        for (var h = 1; h <= Hosts; h++)
        {
            store.Seed($"host-{h}", new HostCreated(new HostId($"host-{h}"), $"h{h}", Description: null, Zone, Cluster, "simulator",
                CpusPerHost, 1.TiB, CpuRatio: 1, Bytes.Zero));
        }

        for (var s = 1; s <= Storages; s++)
        {
            store.Seed($"storage-{s}", new StorageCreated(new StorageId($"storage-{s}"), $"s{s}", Description: null, Zone, [], Host: null, "simulator", "", 1_000.TiB));
        }

        store.Seed(Network.Value,
            new L3Created(Network, "n", Description: null, new L2Id("l2-1"), "br0", Vlan: null, "10.0.0.0/16", Gateway: null),
            new AddressRangeAdded("r", "10.0.1.1", new IpV4((10u << 24) + (1 << 8) + (uint)Addresses).ToString()));
    }

    /// <summary>A data volume. No VM is named like that, so none has it for its root.</summary>
    public static VolumeOrder Volume(string volume) => new(new VolumeId(volume), volume, Description: null, Project, 5.GiB, Zone: null, Storage: null);

    /// <summary>One more NIC of a VM.</summary>
    public static NicRequest Nic(string vm, string name, string? address = null) => new($"nic-{vm["vm-".Length..]}-{name}", Network, "52:54:00:00:00:02", address);

    /// <summary>Its root volume is named after it.</summary>
    public static VmOrder Order(string vm, int cpus = 1, int nics = 1, string? address = null) => new(new VmId(vm), vm, Description: null, Project, cpus, 1.GiB,
        new ImageId("image-1"), "simulator:debian", new VolumeId($"volume-{vm["vm-".Length..]}"), 10.GiB,
        [.. Enumerable.Range(0, nics).Select(n => new NicRequest($"nic-{vm}-{n}", Network, "52:54:00:00:00:01", address))], Zone: null, Cluster: null, Host: null);
}
