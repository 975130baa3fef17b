using System.Globalization;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

public sealed class CapacityTests
{
    private const int Hosts = 9;
    private const int VmsOfHost = 100;
    private const int Fits = Hosts * VmsOfHost;
    private const int Asked = 1_000;

    [Fact]
    public async Task Of_1000_vms_where_900_fit_900_run_and_100_are_told_why_they_do_not()
    {
        await using var server = await ServerProcess.StartAsync();
        var admin = server.Admin;
        await BuildAsync(admin);

        var acknowledged = await Load.CreateAsync(admin, Load.Ids(Asked));

        Assert.Equal(Asked, acknowledged.Count);
        await Load.SettledAsync(server, TimeSpan.FromSeconds(60));
        var states = await Load.StatesAsync(admin);
        Assert.Equal((Fits, Asked - Fits), (states["Running"], states["Failed"]));
        foreach (var failed in await admin.AllAsync("/v1/vms?state=Failed"))
        {
            Assert.Equal("placement.no-capacity", failed.Text("errorCode"));
            Assert.Contains("'capacity'", failed.Text("errorDetail"), StringComparison.Ordinal);
        }

        await AddsUpAsync(admin);
        await Ledger.IsExactAsync(server);
        var addresses = (await admin.AllAsync("/v1/vms?state=Running")).Select(vm => vm.Text("address")).ToList();
        Assert.Equal(Fits, addresses.Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task AddsUpAsync(Client admin)
    {
        var hosts = await admin.AllAsync("/v1/hosts");
        Assert.All(hosts, h => Assert.Equal((VmsOfHost, VmsOfHost, VmsOfHost * (512L << 20)), (h.Number("vmCount"), h.Number("usedCpus"), h.Number("usedMemory"))));
        var storage = Assert.Single(await admin.AllAsync("/v1/storages"));
        Assert.Equal((Fits, Fits * (2L << 30)), (storage.Number("volumeCount"), storage.Number("used")));
        Assert.Equal(Fits, Assert.Single(await admin.AllAsync("/v1/l3-networks")).Number("usedAddresses"));
        var project = Assert.Single(await admin.AllAsync("/v1/projects"));
        Assert.Equal((Fits, Fits), (project.Number("usedVms"), project.Number("usedCpus")));
    }

    /// <summary>Memory for a hundred small VMs on each host, and processors for more; what <see cref="Cloud.SmallVm"/> names.</summary>
    private static async Task BuildAsync(Client admin)
    {
        async Task Make(string plural, object body) => (await admin.PostAsync($"/v1/{plural}", body)).Is(201);
        await Make("zones", new { id = "zone-a", name = "a" });
        await Make("clusters", new { id = "cluster-a", name = "a", zoneId = "zone-a" });
        await Make("storages", new { id = "storage-a", name = "a", zoneId = "zone-a", capacity = 1L << 50 });
        await Make("l2-networks", new { id = "l2-a", name = "a", zoneId = "zone-a", bridge = "br-a" });
        await Make("l3-networks", new { id = "l3-demo", name = "a", l2Id = "l2-a", cidr = "10.0.0.0/16" });
        (await admin.PostAsync("/v1/l3-networks/l3-demo/ranges", new { first = "10.0.1.0", last = "10.0.255.254" })).Is(200);
        await Make("offerings", new { id = "offering-small", name = "small", cpus = 1, memory = 512L << 20 });
        await Make("images", new { id = "image-demo", name = "a", location = "simulator:a", size = 2L << 30 });
        for (var i = 1; i <= Hosts; i++)
        {
            await Make("hosts", new
            {
                id = string.Create(CultureInfo.InvariantCulture, $"host-{i}"),
                name = "h",
                clusterId = "cluster-a",
                cpus = 100,
                cpuRatio = 2,
                memory = (VmsOfHost * (512L << 20)) + (1L << 30),
                reservedMemory = 1L << 30,
            });
        }
    }
}
