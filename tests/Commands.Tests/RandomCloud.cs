using IaaS.Commands.Kernel;
using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Tests;

/// <summary>Two zones, five clusters, hosts and storages of all kinds; and what may happen to them.</summary>
public static class RandomCloud
{
    private const int Hosts = 40;

    public static CloudOfTables New()
    {
        var cloud = new CloudOfTables();
        cloud.AddZone("zone-1");
        cloud.AddZone("zone-2");
        for (var i = 0; i < 5; i++) cloud.AddCluster($"cluster-{i}", ZoneOf(i));
        for (var i = 0; i < Hosts / 2; i++) AddHost(cloud, i);
        cloud.AddStorage("storage-1", "zone-1", 40.GiB, within: ["cluster-0", "cluster-1"]);
        cloud.AddStorage("storage-2", "zone-1", 20.GiB);
        cloud.AddStorage("storage-3", "zone-2", 30.GiB, driver: "nfs");
        cloud.AddStorage("storage-4", "zone-1", 60.GiB, host: "host-1");
        cloud.AddStorage("storage-5", "zone-2", 60.GiB, host: "host-4", driver: "dir");
        cloud.AddNetwork("l2-1", "l3-1", "zone-1", "cluster-0");
        cloud.AddNetwork("l2-2", "l3-2", "zone-1");
        cloud.AddNetwork("l2-3", "l3-3", "zone-2", "cluster-3", "cluster-4");
        return cloud;
    }

    public static void Change(CloudOfTables cloud, int kind, int which, int amount)
    {
        var host = $"host-{which % Hosts}";
        var storage = $"storage-{(which % 5) + 1}";
        var here = cloud.Hosts.FirstOrDefault(h => h.Id == host);
        switch (kind)
        {
            case 0 when here is null: AddHost(cloud, which % Hosts); break;
            case 1 when here is not null && which % 3 == 0: cloud.Happens(host, new ResourceDeleted()); break;
            case 2: Toggle(cloud, $"cluster-{which % 5}", amount); break;
            case 3: Toggle(cloud, $"zone-{(which % 2) + 1}", amount + 3); break;
            case 4: Toggle(cloud, storage, amount); break;
            case 5: Toggle(cloud, $"l2-{(which % 3) + 1}", amount); break;
            case 6 when here is not null: Toggle(cloud, host, amount); break;
            case 7 when here is not null: cloud.Happens(host, amount % 2 == 0 ? new HostDisconnected("") : new HostLost("")); break;
            case 8 when here is not null: cloud.Happens(host, new HostConnected(host, 2 + amount, (4 + amount).GiB, "", "")); break;
            case 9 when here is not null: cloud.Happens(host, amount > 4 ? new MaintenanceBegun(new("op-1")) : new MaintenanceEnded(null)); break;
            case 10: cloud.Happens(storage, new SpaceAllocated("volume-1", amount.GiB)); break;
            case 11: cloud.Happens(storage, new SpaceReleased("volume-1", amount.GiB)); break;
            case 12 when here is { UsedCpus: > 0 }: cloud.Happens(host, new CapacityReleased("vm-1", here.UsedCpus, here.UsedMemory)); break;
            case > 12 when here is not null: cloud.Happens(host, new CapacityReserved("vm-1", amount, (which % 7).GiB)); break;
        }
    }

    public static PlaceVm Request(CloudOfTables cloud, IChance chance)
    {
        string? Sometimes(string kind, int of, int from) => chance.Next(5) == 0 ? $"{kind}-{chance.Next(of) + from}" : null;
        List<L3Id> networks = chance.Next(3) == 0 ? [new($"l3-{chance.Next(4) + 1}")] : [];
        if (chance.Next(6) == 0) networks.Add(new("l3-2"));
        List<StorageId>? volumes = chance.Next(5) == 0 ? [new($"storage-{chance.Next(6) + 1}")] : null;
        return new("vm-1", chance.Next(12), chance.Next(12).GiB, chance.Next(50).GiB, networks,
            Sometimes("storage", 6, 1) is { } storage ? new StorageId(storage) : null, Sometimes("zone", 3, 1), Sometimes("cluster", 6, 0),
            chance.Next(12) == 0 ? $"host-{chance.Next(Hosts)}" : null, Sometimes("host", Hosts, 0), Sometimes("host", Hosts, 0), volumes);
    }

    /// <summary>None, some, or all that fit.</summary>
    public static IReadOnlySet<string> Refused(CloudOfTables cloud, IChance chance, PlaceVm request)
    {
        var share = chance.Next(4) == 0 ? 3 : chance.Next(2);
        HashSet<string> refused = [.. Naive.Scan(cloud, CloudOfTables.Filters, request, new HashSet<string>()).Fitting
            .Where(_ => chance.Next(3) < share).Select(id => new Site(new(id), new("storage-1"), "").Write())];
        return refused;
    }

    private static void Toggle(CloudOfTables cloud, string id, int amount) => cloud.Happens(id, amount > 6 ? new ResourceDisabled() : new ResourceEnabled());

    private static string ZoneOf(int cluster) => cluster < 3 ? "zone-1" : "zone-2";

    private static void AddHost(CloudOfTables cloud, int number) =>
        cloud.AddHost($"host-{number}", ZoneOf(number % 5), $"cluster-{number % 5}", 4 + (number % 6), (4 + (number % 9)).GiB, number % 4 == 0 ? "kvm" : "simulator");
}
