using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Data volumes: made, attached, detached and deleted.</summary>
[Collection(CloudTests.Name)]
public sealed class VolumeTests(Cloud cloud)
{
    private const long Size = 1L << 30;

    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task A_volume_is_made_attached_detached_and_deleted()
    {
        var vm = await cloud.RunningVmAsync();
        var id = await VolumeAsync();
        var made = await RowAsync(id);
        Assert.Equal(("Detached", "Data", Size, null), (made.Text("state"), made.Text("kind"), made.Number("size"), made.Text("vmId")));
        await Ledger.IsExactAsync(cloud.Server);

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/volumes", new { volumeId = id }));
        var attached = await RowAsync(id);
        Assert.Equal(("Attached", vm.Id), (attached.Text("state"), attached.Text("vmId")));
        Assert.Equal("Running", (await cloud.VmAsync(vm.Id)).Text("state"));
        Assert.Equal(2, (await Admin.GetAsync($"/v1/volumes?vmId={vm.Id}")).Is(200).Items.Count);
        (await Admin.DeleteAsync($"/v1/volumes/{id}")).IsProblem(409, "volume.in-use");

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}/volumes/{id}"));
        Assert.Equal(("Detached", null), ((await RowAsync(id)).Text("state"), (await RowAsync(id)).Text("vmId")));
        (await Admin.DeleteAsync($"/v1/vms/{vm.Id}/volumes/{id}")).IsProblem(404, "volume.not-attached");

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/volumes/{id}"));
        (await Admin.GetAsync($"/v1/volumes/{id}")).IsProblem(410, "volume.deleted");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_volume_goes_where_its_vm_goes_and_stays_when_that_is_destroyed()
    {
        var vm = await cloud.RunningVmAsync();
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));
        var id = await VolumeAsync();
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/volumes", new { volumeId = id }));
        Assert.Equal("Stopped", (await cloud.VmAsync(vm.Id)).Text("state"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/start"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/migrate"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/reboot"));

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/expunge"));

        Assert.Equal(("Detached", null), ((await RowAsync(id)).Text("state"), (await RowAsync(id)).Text("vmId")));
        var other = await cloud.RunningVmAsync();
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{other.Id}/volumes", new { volumeId = id }));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_volume_has_one_vm_at_most_and_a_root_volume_is_left_alone()
    {
        var (one, two) = (await cloud.RunningVmAsync(), await cloud.RunningVmAsync());
        var id = await VolumeAsync();
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{one.Id}/volumes", new { volumeId = id }));

        Assert.Equal("volume.in-use", await ErrorAsync($"/v1/vms/{two.Id}/volumes", new { volumeId = id }));
        Assert.Equal("volume.is-root", await ErrorAsync($"/v1/vms/{two.Id}/volumes", new { volumeId = one.Text("rootVolumeId") }));
        (await Admin.DeleteAsync($"/v1/vms/{one.Id}/volumes/{one.Text("rootVolumeId")}")).IsProblem(409, "volume.is-root");
        (await Admin.DeleteAsync($"/v1/volumes/{one.Text("rootVolumeId")}")).IsProblem(409, "volume.is-root");
        (await Admin.PostAsync($"/v1/vms/{two.Id}/volumes", new { volumeId = "volume-none" })).IsProblem(404, "volume.not-found");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{one.Id}/pause"));
        (await Admin.DeleteAsync($"/v1/vms/{one.Id}/volumes/{id}")).IsProblem(409, "vm.wrong-state");

        Assert.Equal("Running", (await cloud.VmAsync(two.Id)).Text("state"));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_volume_beyond_the_quota_or_the_storage_fails_and_leaves_nothing()
    {
        var tenant = await cloud.TenantAsync(new { vms = 5, cpus = 50, memory = 1L << 40, storage = 2 * Size });
        var end = await tenant.Member.EndOfAsync(await tenant.Member.PostAsync("/v1/volumes", new { name = "big", size = 3 * Size }));
        Assert.Equal("quota.exceeded", end.GetProperty("error").Text("code"));
        var failed = (await tenant.Member.GetAsync("/v1/volumes")).Is(200).Items.Single();
        Assert.Equal(("Failed", "quota.exceeded"), (failed.Text("state"), failed.Text("errorCode")));
        var zone = Cloud.NewId("zone");
        (await Admin.PostAsync("/v1/zones", new { id = zone, name = zone })).Is(201);
        Assert.Equal("placement.no-storage", await ErrorAsync("/v1/volumes", new { name = "nowhere", size = Size, zoneId = zone }));
        await Ledger.IsExactAsync(cloud.Server);

        await tenant.Member.DoAsync(tenant.Member.DeleteAsync($"/v1/volumes/{failed.Id}"));
        (await tenant.Member.GetAsync($"/v1/volumes/{failed.Id}")).IsProblem(404, "volume.not-found");
    }

    [Fact]
    public async Task A_volume_that_its_vms_host_does_not_reach_is_not_attached()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        var admin = server.Admin;
        (await admin.PostAsync("/v1/clusters", new { id = "cluster-far", name = "far", zoneId = "zone-demo" })).Is(201);
        (await admin.PostAsync("/v1/hosts", new { id = "host-far", name = "far", clusterId = "cluster-far", driver = "simulator", cpus = 8, memory = 64L << 30 })).Is(201);
        (await admin.PostAsync("/v1/storages", new { id = "storage-far", name = "far", zoneId = "zone-demo", clusterIds = new[] { "cluster-far" }, driver = "simulator", capacity = 1L << 40 })).Is(201);
        await admin.DoAsync(admin.PostAsync("/v1/volumes", new { id = "volume-far", name = "far", size = Size, storageId = "storage-far" }));
        await admin.DoAsync(admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-near").Append(new("clusterId", "cluster-demo-a")).ToDictionary(StringComparer.Ordinal)));

        var end = await admin.EndOfAsync(await admin.PostAsync("/v1/vms/vm-near/volumes", new { volumeId = "volume-far" }));

        Assert.Equal("volume.unreachable", end.GetProperty("error").Text("code"));
        Assert.Equal("Running", (await admin.GetAsync($"/v1/vms/vm-near?waitFor={await server.PositionAsync()}")).Is(200).Json.Text("state"));
        Assert.Equal(("Detached", "volume.unreachable"), ((await admin.GetAsync("/v1/volumes/volume-far")).Is(200).Json.Text("state"), (await admin.GetAsync("/v1/volumes/volume-far")).Is(200).Json.Text("errorCode")));
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task A_volume_is_its_projects_own()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var vm = Cloud.NewId("vm");
        await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Cloud.SmallVm(vm)));
        var id = Cloud.NewId("volume");
        await other.Member.DoAsync(other.Member.PostAsync("/v1/volumes", new { id, name = id, size = Size }));

        (await own.Member.PostAsync($"/v1/vms/{vm}/volumes", new { volumeId = id })).IsProblem(404, "volume.not-found");
        (await own.Member.DeleteAsync($"/v1/volumes/{id}")).IsProblem(404, "volume.not-found");
        (await other.Reader.DeleteAsync($"/v1/volumes/{id}")).IsProblem(403, "auth.forbidden");
        (await own.Member.PostAsync("/v1/volumes", new { name = "x", size = Size, storageId = "storage-demo" })).IsProblem(403, "auth.forbidden");
        Assert.Equal("volume.other-project", await ErrorAsync($"/v1/vms/{vm}/volumes", new { volumeId = id }));

        Assert.Equal("db", (await other.Member.PatchAsync($"/v1/volumes/{id}", new { name = "db" })).Is(200).Json.Text("name"));
        (await own.Member.PatchAsync($"/v1/volumes/{id}", new { name = "mine" })).IsProblem(404, "volume.not-found");
        (await Admin.DeleteAsync($"/v1/projects/{other.Project}")).IsProblem(409, "project.in-use");
    }

    [Theory]
    [InlineData("""{"name":"x"}""", 400, "request.invalid")]
    [InlineData("""{"name":"x","size":1}""", 400, "request.invalid")]
    [InlineData("""{"name":"","size":1073741824}""", 400, "request.invalid")]
    [InlineData("""{"name":"x","size":1073741824,"diskOfferingId":"diskoffering-none"}""", 400, "request.invalid")]
    [InlineData("""{"name":"x","diskOfferingId":"diskoffering-none"}""", 404, "diskoffering.not-found")]
    [InlineData("""{"name":"x","size":1073741824,"zoneId":"zone-none"}""", 404, "zone.not-found")]
    [InlineData("""{"name":"x","size":1073741824,"id":"disk"}""", 400, "request.invalid")]
    public async Task A_volume_that_cannot_be_is_refused(string body, int status, string code) =>
        (await Admin.PostAsync("/v1/volumes", JsonDocument.Parse(body).RootElement)).IsProblem(status, code);

    private async Task<string> VolumeAsync()
    {
        var id = Cloud.NewId("volume");
        await Admin.DoAsync(Admin.PostAsync("/v1/volumes", new { id, name = id, size = Size }));
        return id;
    }

    private async Task<JsonElement> RowAsync(string id) => (await Admin.GetAsync($"/v1/volumes/{id}?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Json;

    private async Task<string?> ErrorAsync(string path, object body) => (await Admin.EndOfAsync(await Admin.PostAsync(path, body))).GetProperty("error").Text("code");
}
