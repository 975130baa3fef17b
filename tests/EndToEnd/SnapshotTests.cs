using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Snapshots: taken, reverted to and deleted while no guest writes.</summary>
[Collection(CloudTests.Name)]
public sealed class SnapshotTests(Cloud cloud)
{
    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task A_stopped_vms_root_volume_is_snapshotted_and_reverted_and_its_snapshots_go_with_it()
    {
        var vm = await cloud.RunningVmAsync();
        var root = vm.Text("rootVolumeId")!;
        Assert.Equal("vm.wrong-state", await ErrorAsync(Admin.PostAsync($"/v1/volumes/{root}/snapshots", new { name = "too early" })));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));

        var id = await SnapshotAsync(root);
        var taken = await RowAsync($"/v1/snapshots/{id}");
        Assert.Equal(("Ready", root, vm.Text("projectId")), (taken.Text("state"), taken.Text("volumeId"), taken.Text("projectId")));
        await Admin.DoAsync(Admin.PostAsync($"/v1/snapshots/{id}/revert"));
        Assert.Equal(("Stopped", "Attached"), ((await cloud.VmAsync(vm.Id)).Text("state"), (await RowAsync($"/v1/volumes/{root}")).Text("state")));

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/start"));
        Assert.Equal("vm.wrong-state", await ErrorAsync(Admin.PostAsync($"/v1/snapshots/{id}/revert")));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/expunge"));
        (await Admin.GetAsync($"/v1/snapshots/{id}?waitFor={await cloud.Server.PositionAsync()}")).IsProblem(410, "snapshot.deleted");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_volume_is_not_deleted_before_its_snapshots()
    {
        var volume = Cloud.NewId("volume");
        await Admin.DoAsync(Admin.PostAsync("/v1/volumes", new { id = volume, name = volume, size = 1L << 30 }));
        var id = await SnapshotAsync(volume);
        (await Admin.DeleteAsync($"/v1/volumes/{volume}")).IsProblem(409, "volume.has-snapshots");
        await Admin.DoAsync(Admin.PostAsync($"/v1/snapshots/{id}/revert"));

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/snapshots/{id}"));

        (await Admin.PostAsync($"/v1/snapshots/{id}/revert")).IsProblem(410, "snapshot.deleted");
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/volumes/{volume}"));
        (await Admin.PostAsync($"/v1/volumes/{volume}/snapshots", new { name = "late" })).IsProblem(410, "volume.deleted");
    }

    [Fact]
    public async Task A_snapshot_that_failed_says_why_and_can_be_deleted_and_one_is_its_projects_own()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var vm = Cloud.NewId("vm");
        await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Cloud.SmallVm(vm)));
        var root = (await cloud.VmAsync(vm)).Text("rootVolumeId");
        (await other.Member.PostAsync($"/v1/volumes/{root}/snapshots", new { name = "theirs" })).IsProblem(404, "volume.not-found");
        await own.Member.EndOfAsync(await own.Member.PostAsync($"/v1/volumes/{root}/snapshots", new { name = "early" }));

        var failed = (await own.Member.GetAsync("/v1/snapshots")).Is(200).Items.Single();
        Assert.Equal(("Failed", "vm.wrong-state"), (failed.Text("state"), failed.Text("errorCode")));
        Assert.Empty((await other.Member.GetAsync("/v1/snapshots")).Is(200).Items);
        (await other.Member.DeleteAsync($"/v1/snapshots/{failed.Id}")).IsProblem(404, "snapshot.not-found");
        Assert.Equal("renamed", (await own.Member.PatchAsync($"/v1/snapshots/{failed.Id}", new { name = "renamed" })).Is(200).Json.Text("name"));
        await own.Member.DoAsync(own.Member.DeleteAsync($"/v1/snapshots/{failed.Id}"));
        Assert.Equal(("Running", "Attached"), ((await cloud.VmAsync(vm)).Text("state"), (await RowAsync($"/v1/volumes/{root}")).Text("state")));
    }

    private async Task<string> SnapshotAsync(string volume)
    {
        var id = Cloud.NewId("snapshot");
        await Admin.DoAsync(Admin.PostAsync($"/v1/volumes/{volume}/snapshots", new { id, name = id }));
        return id;
    }

    private async Task<JsonElement> RowAsync(string path) => (await Admin.GetAsync($"{path}?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Json;

    private async Task<string?> ErrorAsync(Task<Reply> change) => (await Admin.EndOfAsync(await change)).GetProperty("error").Text("code");
}
