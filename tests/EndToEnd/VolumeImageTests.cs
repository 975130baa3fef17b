using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Images made of volumes.</summary>
[Collection(CloudTests.Name)]
public sealed class VolumeImageTests(Cloud cloud)
{
    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task An_image_is_made_of_a_stopped_vms_root_volume_and_vms_are_made_of_it_on_its_storage()
    {
        var vm = await cloud.RunningVmAsync();
        var root = vm.Text("rootVolumeId")!;
        var id = Cloud.NewId("image");
        Assert.Equal("vm.wrong-state", await ErrorAsync($"/v1/volumes/{root}/image", new { name = "too early" }));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));

        await Admin.DoAsync(Admin.PostAsync($"/v1/volumes/{root}/image", new { name = "web", id }));

        var image = await RowAsync($"/v1/images/{id}");
        Assert.Equal(("web", "qcow2", vm.Text("storageId"), $"storage:{vm.Text("storageId")}/{id}", vm.Number("rootDisk")),
            (image.Text("name"), image.Text("format"), image.Text("storageId"), image.Text("location"), image.Number("size")));
        Assert.Equal(("Stopped", "Attached"), ((await cloud.VmAsync(vm.Id)).Text("state"), (await RowAsync($"/v1/volumes/{root}")).Text("state")));
        (await Admin.DeleteAsync($"/v1/storages/{vm.Text("storageId")}")).IsProblem(409, "storage.in-use");
        (await Admin.PostAsync($"/v1/volumes/{root}/image", new { name = "web", id })).IsProblem(409, "image.already-exists");
        (await Admin.PostAsync("/v1/images", new { id, name = "x", location = "simulator:x", size = 1L << 30 })).IsProblem(409, "image.already-exists");

        var other = Cloud.NewId("vm");
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", Of(other, id)));
        Assert.Equal((id, vm.Text("storageId")), ((await cloud.VmAsync(other)).Text("imageId"), (await cloud.VmAsync(other)).Text("storageId")));
        (await Admin.DeleteAsync($"/v1/images/{id}")).Is(204);
        (await Admin.GetAsync($"/v1/images/{id}?waitFor={await cloud.Server.PositionAsync()}")).IsProblem(410, "image.deleted");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{other}/reboot"));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task Vms_of_an_image_run_where_its_storage_is_reached_only()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        var admin = server.Admin;
        (await admin.PostAsync("/v1/clusters", new { id = "cluster-far", name = "far", zoneId = "zone-demo" })).Is(201);
        (await admin.PostAsync("/v1/hosts", new { id = "host-far", name = "far", clusterId = "cluster-far", driver = "simulator", cpus = 8, memory = 64L << 30 })).Is(201);
        (await admin.PostAsync("/v1/storages", new { id = "storage-far", name = "far", zoneId = "zone-demo", clusterIds = new[] { "cluster-far" }, driver = "simulator", capacity = 8L << 30 })).Is(201);
        await admin.DoAsync(admin.PostAsync("/v1/volumes", new { id = "volume-far", name = "far", size = 4L << 30, storageId = "storage-far" }));
        await admin.DoAsync(admin.PostAsync("/v1/volumes/volume-far/image", new { id = "image-far", name = "far" }));
        Assert.Equal("Detached", (await admin.GetAsync("/v1/volumes/volume-far")).Is(200).Json.Text("state"));
        Dictionary<string, object?> body = Of("vm-far", "image-far");
        body.Remove("offeringId");
        (body["cpus"], body["memory"]) = (1, 1L << 30);

        await admin.DoAsync(admin.PostAsync("/v1/vms", body));

        var vm = (await admin.GetAsync($"/v1/vms/vm-far?waitFor={await server.PositionAsync()}")).Is(200).Json;
        Assert.Equal(("host-far", "storage-far"), (vm.Text("hostId"), vm.Text("storageId")));
        // The volume and the first VM have all of its room.
        body["id"] = "vm-more";
        var end = await admin.EndOfAsync(await admin.PostAsync("/v1/vms", body));
        Assert.Equal("placement.no-capacity", end.GetProperty("error").Text("code"));
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task Only_administrators_make_images()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var id = Cloud.NewId("volume");
        await own.Member.DoAsync(own.Member.PostAsync("/v1/volumes", new { id, name = id, size = 1L << 30 }));
        (await own.Member.PostAsync($"/v1/volumes/{id}/image", new { name = "mine" })).IsProblem(403, "auth.forbidden");
        (await other.Member.PostAsync($"/v1/volumes/{id}/image", new { name = "theirs" })).IsProblem(404, "volume.not-found");
        (await Admin.PostAsync($"/v1/volumes/{id}/image", new { name = "" })).IsProblem(400, "request.invalid");
        (await Admin.PostAsync($"/v1/volumes/{id}/image", new { name = "x", id = "disk" })).IsProblem(400, "request.invalid");
    }

    private static Dictionary<string, object?> Of(string vm, string image) => new(Cloud.SmallVm(vm), StringComparer.Ordinal) { ["imageId"] = image };

    private async Task<JsonElement> RowAsync(string path) => (await Admin.GetAsync($"{path}?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Json;

    private async Task<string?> ErrorAsync(string path, object body) => (await Admin.EndOfAsync(await Admin.PostAsync(path, body))).GetProperty("error").Text("code");
}
