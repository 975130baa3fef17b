using System.Globalization;
using IaaS.Commands.Cluster;
using IaaS.Commands.Host;
using IaaS.Commands.Image;
using IaaS.Commands.Network;
using IaaS.Commands.Offering;
using IaaS.Commands.Storage;
using IaaS.Commands.Zone;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Offering;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;
using IaaS.Projections.Image;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Demo;

/// <summary>A simulated data centre: one zone, two clusters, their hosts, a storage, a network with addresses, sizes and an image.</summary>
public static class DemoCloud
{
    private static readonly ZoneId Zone = ZoneId.Of("zone-demo");
    private static readonly L2Id L2 = L2Id.Of("l2-demo");
    private static readonly L3Id L3 = L3Id.Of("l3-demo");

    public static async Task LoadAsync(IServiceProvider services, int hosts)
    {
        // The image is made last: where it is missing, a start was cut short, and what is there already is left as it is.
        if (services.GetRequiredService<LiveTable<ImageView>>().Find("image-demo") is not null) return;
        var setup = new Setup(services);
        await setup.DoAsync("zone.create", Zone.Value, new CreateZone(Zone, "demo", "A simulated data centre."));
        ClusterId[] clusters = [ClusterId.Of("cluster-demo-a"), ClusterId.Of("cluster-demo-b")];
        foreach (var cluster in clusters) await setup.DoAsync("cluster.create", cluster.Value, new CreateCluster(cluster, cluster.Value["cluster-".Length..], null, Zone));
        await setup.DoAsync("storage.create", "storage-demo", new CreateStorage(StorageId.Of("storage-demo"), "demo", null, Zone, [], null, "simulator", "", 1_024.TiB));
        await setup.DoAsync("l2.create", L2.Value, new CreateL2(L2, "demo", null, Zone, [], "br-demo", null));
        await setup.DoAsync("l3.create", L3.Value, new CreateL3(L3, "demo", null, L2, "br-demo", null, "10.0.0.0/8", "10.0.0.1"));
        await setup.DoAsync("l3.add-range", L3.Value, new AddAddressRange(L3, "demo", "10.0.0.10", "10.255.255.250"));
        await setup.DoAsync("offering.create", "offering-small", new CreateOffering(OfferingId.Of("offering-small"), "small", null, 1, 512.MiB));
        await setup.DoAsync("offering.create", "offering-large", new CreateOffering(OfferingId.Of("offering-large"), "large", null, 4, 8.GiB));
        await setup.DoAsync("diskoffering.create", "diskoffering-10g", new CreateDiskOffering(DiskOfferingId.Of("diskoffering-10g"), "10 GiB", null, 10.GiB));
        await Task.WhenAll(Enumerable.Range(1, hosts).Select(i =>
        {
            var id = HostId.Of(string.Create(CultureInfo.InvariantCulture, $"host-demo-{i:00}"));
            return setup.DoAsync("host.create", id.Value, new CreateHost(id, id.Value["host-".Length..], null, Zone, clusters[i % clusters.Length],
                "simulator", 64, 512.GiB, CpuRatio: 10, ReservedMemory: 1.GiB));
        }));
        await setup.DoAsync("image.create", "image-demo", new CreateImage(ImageId.Of("image-demo"), "demo", null, "simulator:demo", "qcow2", 2.GiB));
    }
}
