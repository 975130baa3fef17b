using System.Globalization;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>What can be done with a VM between its creation and its end, beside starting and stopping it.</summary>
[Collection(CloudTests.Name)]
public sealed class LifecycleTests(Cloud cloud)
{
    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task A_vm_is_held_and_goes_on_where_it_is()
    {
        var vm = await cloud.RunningVmAsync();

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/pause"));
        var held = await cloud.VmAsync(vm.Id);
        Assert.Equal(("Paused", vm.Text("hostId")), (held.Text("state"), held.Text("hostId")));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/stop")).IsProblem(409, "vm.wrong-state");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/resume"));

        Assert.Equal("Running", (await cloud.VmAsync(vm.Id)).Text("state"));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/resume")).IsProblem(409, "vm.wrong-state");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_vm_moves_to_another_host_keeps_its_address_and_holds_room_on_that_host_only()
    {
        var vm = await cloud.RunningVmAsync();
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/migrate", new { hostId = vm.Text("hostId") })).IsProblem(409, "vm.already-there");
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/migrate", new { hostId = "host-none" })).IsProblem(404, "host.not-found");

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/migrate"));

        var moved = await cloud.VmAsync(vm.Id);
        Assert.NotEqual(vm.Text("hostId"), moved.Text("hostId"));
        Assert.Equal(("Running", vm.Text("address")), (moved.Text("state"), moved.Text("address")));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/migrate", new { hostId = vm.Text("hostId") }));
        Assert.Equal(vm.Text("hostId"), (await cloud.VmAsync(vm.Id)).Text("hostId"));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_stopped_vm_gets_another_size_and_a_size_beyond_the_quota_leaves_it_as_it_was()
    {
        var vm = await cloud.RunningVmAsync();
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/resize", new { cpus = 2, memory = 1L << 30 })).IsProblem(409, "vm.wrong-state");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/resize", new { cpus = 0, memory = 1L << 30 })).IsProblem(400, "request.invalid");
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/resize", new { cpus = 2 })).IsProblem(400, "request.invalid");

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/resize", new { cpus = 2, memory = 1L << 30 }));

        var resized = await cloud.VmAsync(vm.Id);
        Assert.Equal(("Stopped", 2L, 1L << 30), (resized.Text("state"), resized.Number("cpus"), resized.Number("memory")));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/start"));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_vm_can_be_made_without_being_started_and_started_later()
    {
        var id = Cloud.NewId("vm");
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", new { id, name = "later", imageId = "image-demo", cpus = 1, memory = 1L << 28, networkIds = new[] { "l3-demo" }, start = false }));
        var made = await cloud.VmAsync(id);
        Assert.Equal(("Stopped", null), (made.Text("state"), made.Text("hostId")));

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{id}/start"));

        var started = await cloud.VmAsync(id);
        Assert.Equal(("Running", made.Text("address")), (started.Text("state"), started.Text("address")));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task What_is_deleted_waits_in_the_recycle_bin_and_comes_back_with_its_disk_and_address()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2", "--recycle-days", "7");
        var admin = server.Admin;
        await admin.DoAsync(admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-bin")));
        var before = (await admin.GetAsync($"/v1/vms/vm-bin?waitFor={await server.PositionAsync()}")).Is(200).Json;

        await admin.DoAsync(admin.DeleteAsync("/v1/vms/vm-bin"));
        var thrown = (await admin.GetAsync($"/v1/vms/vm-bin?waitFor={await server.PositionAsync()}")).Is(200).Json;
        Assert.Equal(("Recycled", null), (thrown.Text("state"), thrown.Text("hostId")));
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange(DateTimeOffset.Parse(thrown.Text("expungeAt")!, CultureInfo.InvariantCulture), now.AddDays(6.9), now.AddDays(7));
        (await admin.DeleteAsync("/v1/vms/vm-bin")).IsProblem(409, "vm.recycled");
        (await admin.PostAsync("/v1/vms/vm-bin/start")).IsProblem(409, "vm.wrong-state");
        await Ledger.IsExactAsync(server);

        await admin.DoAsync(admin.PostAsync("/v1/vms/vm-bin/recover"));
        await admin.DoAsync(admin.PostAsync("/v1/vms/vm-bin/start"));
        var back = (await admin.GetAsync($"/v1/vms/vm-bin?waitFor={await server.PositionAsync()}")).Is(200).Json;
        Assert.Equal(("Running", before.Text("address"), before.Text("rootVolumeId"), null), (back.Text("state"), back.Text("address"), back.Text("rootVolumeId"), back.Text("expungeAt")));

        await admin.DoAsync(admin.DeleteAsync("/v1/vms/vm-bin"));
        await admin.DoAsync(admin.PostAsync("/v1/vms/vm-bin/expunge"));
        (await admin.GetAsync("/v1/vms/vm-bin")).IsProblem(410, "vm.deleted");
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task What_has_been_in_the_recycle_bin_for_its_time_is_destroyed()
    {
        // A hundredth of a second: what is deleted is due when the bin is looked into next.
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2", "--recycle-days", "0.0000001");
        var admin = server.Admin;
        await admin.DoAsync(admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-due")));
        await admin.DoAsync(admin.DeleteAsync("/v1/vms/vm-due"));

        await Eventually.GetAsync("the end of vm-due", async () => (await admin.GetAsync("/v1/vms/vm-due")).Status, status => status == 410);

        var events = (await admin.GetAsync("/v1/vms/vm-due/events")).Is(200).Items;
        Assert.Equal(["vm.recycling/1", "vm.recycled/1", "vm.destroying/1", "vm.destroyed/1"], events.TakeLast(4).Select(e => e.Text("type")));
        Assert.Equal("system", events[^1].Text("actor"));
        await Ledger.IsExactAsync(server);
    }
}
