using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>What VMs hold on to, and what takes nothing new.</summary>
[Collection(CloudTests.Name)]
public sealed class HolderTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Fact]
    public async Task What_a_vm_holds_on_to_is_not_deleted()
    {
        var vm = await cloud.RunningVmAsync();

        foreach (var (path, code) in new[]
        {
            ($"hosts/{vm.Text("hostId")}", "host.in-use"), ($"storages/{vm.Text("storageId")}", "storage.in-use"),
            ("l3-networks/l3-demo", "l3.in-use"), ($"projects/{vm.Text("projectId")}", "project.in-use"),
        })
        {
            (await Admin.DeleteAsync($"/v1/{path}")).IsProblem(409, code);
        }

        Assert.Equal(vm.GetRawText(), (await cloud.VmAsync(vm.Id)).GetRawText());
    }

    [Fact]
    public async Task Address_ranges_are_added_counted_given_away_and_taken_back()
    {
        var id = Cloud.NewId("l3");
        (await Admin.PostAsync("/v1/l3-networks", new { id, name = id, l2Id = "l2-demo", cidr = "172.16.0.0/24", gateway = "172.16.0.1" })).Is(201);
        (await Admin.PostAsync($"/v1/l3-networks/{id}/ranges", new { id = "low", first = "172.16.0.10", last = "172.16.0.11" })).Is(200);
        var two = (await Admin.PostAsync($"/v1/l3-networks/{id}/ranges", new { first = "172.16.0.20", last = "172.16.0.29" })).Is(200).Json;
        Assert.Equal(12, two.Number("totalAddresses"));
        Assert.Equal(["low", "172-16-0-20-172-16-0-29"], two.GetProperty("ranges").EnumerateArray().Select(r => r.Id));
        var one = (await Admin.DeleteAsync($"/v1/l3-networks/{id}/ranges/172-16-0-20-172-16-0-29")).Is(200).Json;
        Assert.Equal(2, one.Number("totalAddresses"));

        var vms = new[] { Cloud.NewId("vm"), Cloud.NewId("vm"), Cloud.NewId("vm") };
        var ends = new List<string?>();
        foreach (var vm in vms)
        {
            var end = await Admin.EndOfAsync(await Admin.PostAsync("/v1/vms", new { id = vm, name = vm, imageId = "image-demo", offeringId = "offering-small", networkIds = new[] { id } }));
            ends.Add(end.TryGetProperty("error", out var error) ? error.Text("code") : end.Text("state"));
        }

        Assert.Equal(["Succeeded", "Succeeded", "l3.no-address"], ends);
        (await Admin.DeleteAsync($"/v1/l3-networks/{id}/ranges/low")).IsProblem(409, "l3.range-in-use");
        await Ledger.IsExactAsync(cloud.Server);
        foreach (var vm in vms) await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm}"));
        (await Admin.DeleteAsync($"/v1/l3-networks/{id}/ranges/low")).Is(200);
        (await Admin.DeleteAsync($"/v1/l3-networks/{id}/ranges/low")).IsProblem(404, "l3.range-not-found");
        (await Admin.DeleteAsync($"/v1/l3-networks/{id}")).Is(204);
    }

    [Theory]
    [InlineData("images", "image-demo", "image.disabled")]
    [InlineData("offerings", "offering-small", "offering.disabled")]
    public async Task Nothing_new_is_made_of_what_is_disabled(string plural, string id, string code)
    {
        (await Admin.PostAsync($"/v1/{plural}/{id}/disable")).Is(200);
        try
        {
            (await Admin.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm")))).IsProblem(409, code);
        }
        finally
        {
            (await Admin.PostAsync($"/v1/{plural}/{id}/enable")).Is(200);
        }
    }

    [Theory]
    [InlineData("zones", "zone-demo", "placement.no-capacity", "enabled")]
    [InlineData("l2-networks", "l2-demo", "placement.no-capacity", "network")]
    [InlineData("storages", "storage-demo", "placement.no-capacity", "storage")]
    [InlineData("l3-networks", "l3-demo", "l3.disabled", "")]
    [InlineData("projects", "project-default", "project.disabled", "")]
    public async Task A_vm_that_needs_what_is_disabled_fails_and_leaves_nothing(string plural, string id, string code, string filter)
    {
        var vm = Cloud.NewId("vm");
        (await Admin.PostAsync($"/v1/{plural}/{id}/disable")).Is(200);
        try
        {
            // Other tests leave hosts in other zones.
            var body = new Dictionary<string, object?>(Cloud.SmallVm(vm), StringComparer.Ordinal) { ["zoneId"] = "zone-demo" };
            var error = (await Admin.EndOfAsync(await Admin.PostAsync("/v1/vms", body))).GetProperty("error");
            Assert.Equal(code, error.Text("code"));
            if (filter.Length > 0) Assert.Contains($"'{filter}'", error.Text("detail"), StringComparison.Ordinal);
        }
        finally
        {
            (await Admin.PostAsync($"/v1/{plural}/{id}/enable")).Is(200);
        }

        Assert.Equal(("Failed", code), ((await cloud.VmAsync(vm)).Text("state"), (await cloud.VmAsync(vm)).Text("errorCode")));
        await Ledger.IsExactAsync(cloud.Server);
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm}"));
    }

    [Fact]
    public async Task A_revoked_token_opens_nothing_any_more()
    {
        var id = Cloud.NewId("token");
        var made = (await Admin.PostAsync("/v1/tokens", new { id, name = "for a moment", role = "Admin" })).Is(201).Json;
        var client = cloud.Server.As(made.Text("secret"));
        (await client.GetAsync("/v1/zones")).Is(200);
        Assert.DoesNotContain(made.Text("secret")!, (await Admin.GetAsync($"/v1/tokens/{id}/events")).Is(200).Text, StringComparison.Ordinal);
        Assert.False((await Admin.GetAsync($"/v1/tokens/{id}")).Is(200).Json.TryGetProperty("hash", out _), "A hash is nobody's business.");

        (await Admin.DeleteAsync($"/v1/tokens/{id}")).Is(204);

        (await client.GetAsync("/v1/zones")).IsProblem(401, "auth.token-wrong");
    }
}
