using System.Globalization;
using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class VmTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Fact]
    public async Task Creating_a_vm_is_accepted_at_once_and_its_operation_tells_each_step()
    {
        var id = Cloud.NewId("vm");

        var accepted = (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(id, "web-1"))).Is(202);

        Assert.Equal($"/v1/operations/{accepted.Json.Id}", accepted.Location);
        Assert.True(accepted.Position > 0);
        Assert.Equal(id, accepted.Json.Text("subject"));
        var end = await Admin.EndOfAsync(accepted);
        Assert.Equal("Succeeded", end.Text("state"));
        Assert.Equal("vm.create", end.Text("name"));
        var steps = end.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(["request", "quota", "place", "addresses", "volume", "disk", "nics", "domain", "host", "created"], steps.Select(s => s.Text("name")));
        Assert.All(steps, s => Assert.Equal("Done", s.Text("state")));
        Assert.Contains("host-demo-", steps[2].Text("choice"), StringComparison.Ordinal);
        var vm = await cloud.VmAsync(id);
        Assert.Equal(("web-1", "Running", "project-default"), (vm.Text("name"), vm.Text("state"), vm.Text("projectId")));
        Assert.StartsWith("host-demo-", vm.Text("hostId"), StringComparison.Ordinal);
        Assert.StartsWith("10.", vm.Text("address"), StringComparison.Ordinal);
        var volume = (await Admin.GetAsync($"/v1/volumes/{vm.Text("rootVolumeId")}")).Is(200).Json;
        Assert.Equal((id, 2L << 30), (volume.Text("vmId"), volume.Number("size")));
    }

    [Fact]
    public async Task An_id_is_made_for_a_vm_that_brings_none()
    {
        var end = await Admin.DoAsync(Admin.PostAsync("/v1/vms", new { name = "no id", imageId = "image-demo", cpus = 2, memory = 1L << 30, rootDiskSize = 4L << 30 }));

        var vm = await cloud.VmAsync(end.Text("subject")!);

        Assert.StartsWith("vm-", vm.Id, StringComparison.Ordinal);
        Assert.Equal((2L, 1L << 30, 4L << 30), (vm.Number("cpus"), vm.Number("memory"), vm.Number("rootDisk")));
        Assert.Equal(0, vm.GetProperty("nics").GetArrayLength());
    }

    [Fact]
    public async Task An_address_that_is_asked_for_is_given_and_given_once()
    {
        object Wanting(string id) => new { id, name = id, imageId = "image-demo", offeringId = "offering-small", nics = new[] { new { l3Id = "l3-demo", address = "10.9.9.9" } } };
        var (first, second) = (Cloud.NewId("vm"), Cloud.NewId("vm"));
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", Wanting(first)));

        var end = await Admin.EndOfAsync(await Admin.PostAsync("/v1/vms", Wanting(second)));

        Assert.Equal("10.9.9.9", (await cloud.VmAsync(first)).Text("address"));
        Assert.Equal(("Failed", "l3.address-taken"), (end.Text("state"), end.GetProperty("error").Text("code")));
        var failed = await cloud.VmAsync(second);
        Assert.Equal(("Failed", "l3.address-taken"), (failed.Text("state"), failed.Text("errorCode")));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_vm_stops_starts_reboots_and_goes_and_holds_only_what_its_state_needs()
    {
        var vm = await cloud.RunningVmAsync();

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));
        var stopped = await cloud.VmAsync(vm.Id);
        Assert.Equal(("Stopped", null), (stopped.Text("state"), stopped.Text("hostId")));
        Assert.Equal(vm.Text("address"), stopped.Text("address"));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/stop")).IsProblem(409, "vm.wrong-state");
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/reboot")).IsProblem(409, "vm.wrong-state");

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/start"));
        var started = await cloud.VmAsync(vm.Id);
        Assert.Equal(("Running", vm.Text("hostId"), vm.Text("address")), (started.Text("state"), started.Text("hostId"), started.Text("address")));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/start")).IsProblem(409, "vm.wrong-state");

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/reboot"));
        Assert.Equal("Running", (await cloud.VmAsync(vm.Id)).Text("state"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop", new { force = true }));
        Assert.Equal("Stopped", (await cloud.VmAsync(vm.Id)).Text("state"));

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}"));
        (await Admin.GetAsync($"/v1/vms/{vm.Id}")).IsProblem(410, "vm.deleted");
        (await Admin.GetAsync($"/v1/volumes/{vm.Text("rootVolumeId")}")).IsProblem(410, "volume.deleted");
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/start")).IsProblem(410, "vm.deleted");
        (await Admin.DeleteAsync($"/v1/vms/{vm.Id}")).IsProblem(410, "vm.deleted");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_history_says_what_who_by_which_operation_and_why_and_outlives_the_vm()
    {
        var vm = await cloud.RunningVmAsync();
        var create = vm.Text("operationId");
        (await Admin.PatchAsync($"/v1/vms/{vm.Id}", new { name = "renamed", description = "by a test" })).Is(200);
        var destroy = await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}"));

        var events = (await Admin.GetAsync($"/v1/vms/{vm.Id}/events")).Is(200).Items;

        Assert.Equal(["vm.requested/1", "vm.created/1", "resource.renamed/1", "vm.destroying/1", "vm.destroyed/1"], events.Select(e => e.Text("type")));
        Assert.Equal([1L, 2, 3, 4, 5], events.Select(e => e.Number("version")));
        Assert.All(events, e => Assert.StartsWith("token-", e.Text("actor"), StringComparison.Ordinal));
        Assert.Equal([create, create], events.Take(2).Select(e => e.Text("operation")));
        Assert.Equal([destroy.Id, destroy.Id], events.Skip(3).Select(e => e.Text("operation")));
        Assert.Equal(["request", "created", "rename", "begin", "destroyed"], events.Select(e => e.Text("cause")));
        Assert.Equal("renamed", events[2].GetProperty("data").Text("name"));
        var page = (await Admin.GetAsync($"/v1/vms/{vm.Id}/events?limit=2")).Is(200);
        Assert.Equal(2, page.Items.Count);
        var rest = (await Admin.GetAsync($"/v1/vms/{vm.Id}/events?after={page.Next}")).Is(200).Items;
        Assert.Equal([3L, 4, 5], rest.Select(e => e.Number("version")));
        Assert.Equal("operation.started/1", (await Admin.GetAsync($"/v1/operations/{create}/events")).Is(200).Items[0].Text("type"));
    }

    [Fact]
    public async Task The_same_id_twice_is_refused_and_the_first_vm_is_untouched()
    {
        var first = await cloud.RunningVmAsync();

        var second = (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(first.Id, "the second"))).IsProblem(409, "vm.already-exists");

        Assert.Contains(first.Id, second.Detail, StringComparison.Ordinal);
        Assert.Equal(first.GetRawText(), (await cloud.VmAsync(first.Id)).GetRawText());
        await Ledger.IsExactAsync(cloud.Server);
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{first.Id}"));
        (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(first.Id))).IsProblem(409, "vm.already-exists");
    }

    [Fact]
    public async Task A_repeat_under_the_same_key_is_the_same_operation_and_another_request_under_it_is_refused()
    {
        var (id, key) = (Cloud.NewId("vm"), Cloud.NewId("key"));
        var first = (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(id), key)).Is(202);
        await Admin.EndOfAsync(first);

        var again = (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(id), key)).Is(202);

        Assert.Equal(first.Location, again.Location);
        Assert.Equal("Succeeded", again.Json.Text("state"));
        (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm")), key)).IsProblem(400, "idempotency.key-reused");
        (await Admin.PostAsync($"/v1/vms/{id}/stop", null, key)).IsProblem(400, "idempotency.key-reused");
        Assert.Single((await Admin.GetAsync($"/v1/operations?subject={id}")).Is(200).Items);
        Assert.Equal("Running", (await cloud.VmAsync(id)).Text("state"));
    }

    [Fact]
    public async Task A_repeat_without_an_id_makes_one_vm_even_when_all_repeats_come_at_once()
    {
        var (name, key) = (Cloud.NewId("name"), Cloud.NewId("key"));
        object body = new { name, imageId = "image-demo", offeringId = "offering-small" };

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Admin.PostAsync("/v1/vms", body, key)));

        var location = Assert.Single(replies.Select(r => r.Is(202).Location).Distinct(StringComparer.Ordinal));
        await Admin.EndOfAsync(replies[0]);
        Assert.NotNull(location);
        Assert.Single((await Admin.GetAsync($"/v1/vms?name={name}")).Is(200).Items);
    }

    [Fact]
    public async Task A_list_read_with_the_position_of_a_change_shows_it()
    {
        var id = Cloud.NewId("vm");
        var accepted = (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(id))).Is(202);

        var listed = (await Admin.GetAsync($"/v1/vms?id={id}&waitFor={accepted.Position}")).Is(200).Items;

        Assert.Equal(id, Assert.Single(listed).Id);
        var end = await Admin.EndOfAsync(accepted);
        var row = (await Admin.GetAsync($"/v1/vms/{id}?waitFor={end.Number("position")}")).Is(200).Json;
        Assert.Equal("Running", row.Text("state"));
        (await Admin.GetAsync("/v1/vms?waitFor=soon")).IsProblem(400, "query.bad-position");
    }

    [Fact]
    public async Task Lists_are_filtered_sorted_and_paged_without_a_gap_or_a_repeat()
    {
        const int count = 60;
        var ids = Enumerable.Range(0, count).Select(_ => Cloud.NewId("vm")).ToList();
        var name = Cloud.NewId("many");
        await Task.WhenAll(ids.Select(id => Admin.DoAsync(Admin.PostAsync("/v1/vms", Cloud.SmallVm(id, name)))));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{ids[0]}/stop"));
        await cloud.Server.PositionAsync();

        Assert.Equal(count - 1, (await Admin.AllAsync($"/v1/vms?name={name}&state=Running")).Count);
        Assert.Equal(ids[0], Assert.Single((await Admin.GetAsync($"/v1/vms?name={name}&state=Stopped")).Is(200).Items).Id);
        Assert.Equal(count, (await Admin.GetAsync($"/v1/vms?name={name}&limit=1&total=true")).Is(200).Json.Number("total"));
        foreach (var sort in new[] { "id", "-id", "createdAt", "-createdAt", "address", "hostId", "-state" })
        {
            List<JsonElement> seen = [];
            for (string? after = ""; after is not null;)
            {
                var page = (await Admin.GetAsync($"/v1/vms?name={name}&sort={sort}&limit=7{(after.Length == 0 ? "" : "&after=" + after)}")).Is(200);
                Assert.True(page.Items.Count == 7 || page.Next is null);
                seen.AddRange(page.Items);
                after = page.Next;
            }

            Assert.Equal(ids.Order(StringComparer.Ordinal), seen.Select(r => r.Id).Order(StringComparer.Ordinal));
            if (sort.EndsWith("id", StringComparison.Ordinal)) IsSorted(seen.Select(r => r.Id), descending: sort[0] == '-');
            if (sort.EndsWith("createdAt", StringComparison.Ordinal)) IsSorted(seen.Select(r => r.GetProperty("createdAt").GetDateTimeOffset().UtcTicks.ToString("D20", CultureInfo.InvariantCulture)), descending: sort[0] == '-');
        }
    }

    private static void IsSorted(IEnumerable<string> keys, bool descending)
    {
        var list = keys.ToList();
        Assert.Equal(descending ? list.OrderDescending(StringComparer.Ordinal) : list.Order(StringComparer.Ordinal), list);
    }
}
