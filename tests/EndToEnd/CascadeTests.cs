using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>What stands on something is shown before that is deleted, keeps it by default, and goes along when that is asked for.</summary>
[Collection(CloudTests.Name)]
public sealed class CascadeTests(Cloud cloud)
{
    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task A_project_goes_with_all_that_it_has_and_nothing_else()
    {
        var tenant = await cloud.TenantAsync();
        var other = await cloud.RunningVmAsync();
        List<string> vms = [Cloud.NewId("vm"), Cloud.NewId("vm"), Cloud.NewId("vm")];
        foreach (var vm in vms) await tenant.Member.DoAsync(tenant.Member.PostAsync("/v1/vms", Cloud.SmallVm(vm)));
        var (attached, alone, snapshot) = (await VolumeAsync(tenant), await VolumeAsync(tenant), Cloud.NewId("snapshot"));
        await tenant.Member.DoAsync(tenant.Member.PostAsync($"/v1/vms/{vms[0]}/volumes", new { volumeId = attached }));
        await tenant.Member.DoAsync(tenant.Member.PostAsync($"/v1/volumes/{alone}/snapshots", new { id = snapshot, name = "s" }));
        await tenant.Member.DoAsync(tenant.Member.PostAsync($"/v1/vms/{vms[1]}/stop"));

        var position = await cloud.Server.PositionAsync();
        var shown = (await Admin.DeleteAsync($"/v1/projects/{tenant.Project}?dryRun=true")).Is(200).Json;
        Assert.Equal(position, await cloud.Server.PositionAsync());
        Assert.Equal((8, 3, 2, 1, 2), (shown.Number("total"), Count(shown, "vm"), Count(shown, "volume"), Count(shown, "snapshot"), Count(shown, "token")));
        var order = shown.GetProperty("items").EnumerateArray().Select(i => i.Id).ToList();
        Assert.True(order.IndexOf(vms[0]) < order.IndexOf(attached) && order.IndexOf(snapshot) < order.IndexOf(alone), $"What stands on another goes first: {string.Join(", ", order)}");
        (await Admin.DeleteAsync($"/v1/projects/{tenant.Project}")).IsProblem(409, "project.in-use");

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/projects/{tenant.Project}?cascade=true"));

        foreach (var path in vms.Select(v => $"vms/{v}").Concat([$"volumes/{attached}", $"volumes/{alone}", $"snapshots/{snapshot}", $"projects/{tenant.Project}"]))
            Assert.Equal(410, (int)(await Admin.GetAsync($"/v1/{path}?waitFor={await cloud.Server.PositionAsync()}")).Status);
        Assert.Equal("Running", (await cloud.VmAsync(other.Id)).Text("state"));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_zone_that_was_built_goes_with_what_was_built_in_it()
    {
        var (zone, cluster, l2) = (Cloud.NewId("zone"), Cloud.NewId("cluster"), Cloud.NewId("l2"));
        (await Admin.PostAsync("/v1/zones", new { id = zone, name = zone })).Is(201);
        (await Admin.PostAsync("/v1/clusters", new { id = cluster, name = cluster, zoneId = zone })).Is(201);
        (await Admin.PostAsync("/v1/hosts", new { name = "h", clusterId = cluster, cpus = 4, memory = 8L << 30 })).Is(201);
        (await Admin.PostAsync("/v1/storages", new { name = "s", zoneId = zone, clusterIds = new[] { cluster }, driver = "simulator", path = "", capacity = 1L << 40 })).Is(201);
        (await Admin.PostAsync("/v1/l2-networks", new { id = l2, name = "l2", zoneId = zone, bridge = "br0" })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks", new { name = "l3", l2Id = l2, cidr = "10.77.0.0/24" })).Is(201);

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/zones/{zone}?cascade=true"));

        (await Admin.GetAsync($"/v1/zones/{zone}?waitFor={await cloud.Server.PositionAsync()}")).IsProblem(410, "zone.deleted");
        Assert.Empty((await Admin.GetAsync($"/v1/hosts?clusterId={cluster}")).Is(200).Items);
        Assert.Empty((await Admin.GetAsync($"/v1/storages?zoneId={zone}")).Is(200).Items);
        Assert.Empty((await Admin.GetAsync($"/v1/l3-networks?l2Id={l2}")).Is(200).Items);
    }

    [Fact]
    public async Task What_cannot_go_is_named_and_what_it_stands_on_takes_new_things_again()
    {
        var (storage, volume, vm) = (Cloud.NewId("storage"), Cloud.NewId("volume"), await cloud.RunningVmAsync());
        (await Admin.PostAsync("/v1/storages", new { id = storage, name = storage, zoneId = "zone-demo", driver = "simulator", path = "", capacity = 1L << 40 })).Is(201);
        await Admin.DoAsync(Admin.PostAsync("/v1/volumes", new { id = volume, name = volume, size = 1L << 30, storageId = storage }));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/volumes", new { volumeId = volume }));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/pause"));

        var failed = await Admin.EndOfAsync(await Admin.DeleteAsync($"/v1/storages/{storage}?cascade=true"));

        Assert.Equal(("Failed", "vm.wrong-state"), (failed.Text("state"), failed.GetProperty("error").Text("code")));
        Assert.Contains($"{volume} cannot be deleted", failed.GetProperty("error").Text("detail"), StringComparison.Ordinal);
        Assert.True((await Admin.GetAsync($"/v1/storages/{storage}?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Json.GetProperty("enabled").GetBoolean());
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/resume"));
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/storages/{storage}?cascade=true"));
        Assert.Equal("Running", (await cloud.VmAsync(vm.Id)).Text("state"));
        (await Admin.GetAsync($"/v1/volumes/{volume}?waitFor={await cloud.Server.PositionAsync()}")).IsProblem(410, "volume.deleted");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task Only_an_administrator_asks_and_only_for_what_is_there()
    {
        var tenant = await cloud.TenantAsync();
        await cloud.UnchangedAsync(async () =>
        {
            (await tenant.Member.DeleteAsync($"/v1/projects/{tenant.Project}?cascade=true")).IsProblem(403, "auth.forbidden");
            (await tenant.Member.DeleteAsync($"/v1/projects/{tenant.Project}?dryRun=true")).IsProblem(403, "auth.forbidden");
            (await Admin.DeleteAsync("/v1/zones/zone-none?cascade=true")).IsProblem(404, "zone.not-found");
            (await Admin.DeleteAsync("/v1/zones/zone-none?dryRun=true")).IsProblem(404, "zone.not-found");
            (await Admin.DeleteAsync("/v1/zones/zone-demo?dryRun=perhaps")).Is(400);
        });
    }

    private static long Count(JsonElement shown, string kind) => shown.GetProperty("counts").Number(kind);

    private static async Task<string> VolumeAsync(Tenant tenant)
    {
        var id = Cloud.NewId("volume");
        await tenant.Member.DoAsync(tenant.Member.PostAsync("/v1/volumes", new { id, name = id, size = 1L << 30 }));
        return id;
    }
}
