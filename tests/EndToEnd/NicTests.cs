using System.Globalization;
using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>NICs that a VM gets and loses after its creation.</summary>
[Collection(CloudTests.Name)]
public sealed class NicTests(Cloud cloud)
{
    private Client Admin => cloud.Server.Admin;

    [Fact]
    public async Task A_vm_gets_a_nic_and_loses_it_and_its_address_is_free_again()
    {
        var vm = await cloud.RunningVmAsync();
        var l3 = await NetworkAsync();
        var own = $"nic-{vm.Id["vm-".Length..]}-lan";
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3, address = "10.77.0.12", id = own }));

        var with = await cloud.VmAsync(vm.Id);
        Assert.Equal(("Running", vm.Text("address")), (with.Text("state"), with.Text("address")));
        Assert.Equal([(own, "10.77.0.12")], Nics(with).Where(n => n.Text("l3Id") == l3).Select(n => (n.Id, n.Text("address"))));
        Assert.Equal("l3.address-taken", await ErrorAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3, address = "10.77.0.12" }));
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3, id = own })).IsProblem(409, "vm.nic-exists");
        (await Admin.DeleteAsync($"/v1/l3-networks/{l3}")).IsProblem(409, "l3.in-use");
        await Ledger.IsExactAsync(cloud.Server);

        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/{own}"));

        Assert.Equal(Nics(vm).Select(n => n.Id), Nics(await cloud.VmAsync(vm.Id)).Select(n => n.Id));
        (await Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/{own}")).IsProblem(404, "vm.nic-not-found");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3, address = "10.77.0.12" }));
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_vm_takes_its_nics_with_it_wherever_it_goes_and_gives_all_addresses_back_at_its_end()
    {
        var vm = await cloud.RunningVmAsync();
        var l3 = await NetworkAsync();
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/stop"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3 }));
        Assert.Equal("Stopped", (await cloud.VmAsync(vm.Id)).Text("state"));
        // The first one goes, and the other is the VM's address from now on.
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/{Nics(vm).Single().Id}"));
        var one = await cloud.VmAsync(vm.Id);
        Assert.Equal("10.77.0.10", one.Text("address"));

        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/start"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/migrate"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/reboot"));
        await Ledger.IsExactAsync(cloud.Server);
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/expunge"));

        await Ledger.IsExactAsync(cloud.Server);
        Assert.Equal(0, (await Admin.GetAsync($"/v1/l3-networks/{l3}?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Json.Number("usedAddresses"));
    }

    [Fact]
    public async Task A_vm_may_have_no_nic_and_has_eight_at_most()
    {
        var vm = await cloud.RunningVmAsync();
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/{Nics(vm).Single().Id}"));
        Assert.Null((await cloud.VmAsync(vm.Id)).Text("address"));
        var l3 = await NetworkAsync();
        for (var n = 0; n < 8; n++) await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3 }));

        (await Admin.PostAsync($"/v1/vms/{vm.Id}/nics", new { l3Id = l3 })).IsProblem(409, "vm.too-many-nics");
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm.Id}/pause"));
        (await Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/{Nics(await cloud.VmAsync(vm.Id))[0].Id}")).IsProblem(409, "vm.wrong-state");
        await Ledger.IsExactAsync(cloud.Server);
    }

    [Fact]
    public async Task A_network_that_the_vms_host_does_not_reach_is_refused()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        var admin = server.Admin;
        (await admin.PostAsync("/v1/clusters", new { id = "cluster-far", name = "far", zoneId = "zone-demo" })).Is(201);
        (await admin.PostAsync("/v1/l2-networks", new { id = "l2-far", name = "far", zoneId = "zone-demo", clusterIds = new[] { "cluster-far" }, bridge = "br-far" })).Is(201);
        (await admin.PostAsync("/v1/l3-networks", new { id = "l3-far", name = "far", l2Id = "l2-far", cidr = "10.78.0.0/24" })).Is(201);
        (await admin.PostAsync("/v1/l3-networks/l3-far/ranges", new { first = "10.78.0.10", last = "10.78.0.19" })).Is(200);
        await admin.DoAsync(admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-near")));

        var end = await admin.EndOfAsync(await admin.PostAsync("/v1/vms/vm-near/nics", new { l3Id = "l3-far" }));
        Assert.Equal("l3.unreachable", end.GetProperty("error").Text("code"));
        Assert.Equal("Running", (await admin.GetAsync($"/v1/vms/vm-near?waitFor={await server.PositionAsync()}")).Is(200).Json.Text("state"));
        await admin.DoAsync(admin.PostAsync("/v1/vms/vm-near/stop"));
        end = await admin.EndOfAsync(await admin.PostAsync("/v1/vms/vm-near/nics", new { l3Id = "l3-far" }));
        Assert.Equal("l3.unreachable", end.GetProperty("error").Text("code"));
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task A_nic_is_its_vms_projects_own()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var vm = Cloud.NewId("vm");
        await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Cloud.SmallVm(vm)));
        var nic = Nics(await cloud.VmAsync(vm)).Single().Id;

        (await other.Member.PostAsync($"/v1/vms/{vm}/nics", new { l3Id = "l3-demo" })).IsProblem(404, "vm.not-found");
        (await other.Member.DeleteAsync($"/v1/vms/{vm}/nics/{nic}")).IsProblem(404, "vm.not-found");
        (await own.Reader.DeleteAsync($"/v1/vms/{vm}/nics/{nic}")).IsProblem(403, "auth.forbidden");
        await own.Member.DoAsync(own.Member.DeleteAsync($"/v1/vms/{vm}/nics/{nic}"));
    }

    [Theory]
    [InlineData("""{}""", 400, "request.missing-field")]
    [InlineData("""{"l3Id":"l3-none"}""", 404, "l3.not-found")]
    [InlineData("""{"l3Id":"l3-demo","address":"here"}""", 400, "request.invalid")]
    [InlineData("""{"l3Id":"l3-demo","id":"nic-another-lan"}""", 400, "request.invalid")]
    public async Task A_nic_that_cannot_be_is_refused(string body, int status, string code)
    {
        var vm = await cloud.RunningVmAsync();
        (await Admin.PostAsync($"/v1/vms/{vm.Id}/nics", JsonDocument.Parse(body).RootElement)).IsProblem(status, code);
        (await Admin.DeleteAsync($"/v1/vms/{vm.Id}/nics/x")).IsProblem(400, "request.invalid");
    }

    /// <summary>A network of its own on all hosts of the demo.</summary>
    private async Task<string> NetworkAsync()
    {
        var (l2, l3) = (Cloud.NewId("l2"), Cloud.NewId("l3"));
        (await Admin.PostAsync("/v1/l2-networks", new { id = l2, name = l2, zoneId = "zone-demo", bridge = string.Create(CultureInfo.InvariantCulture, $"br{l2.GetHashCode(StringComparison.Ordinal) & 0xffff}") })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks", new { id = l3, name = l3, l2Id = l2, cidr = "10.77.0.0/24" })).Is(201);
        (await Admin.PostAsync($"/v1/l3-networks/{l3}/ranges", new { first = "10.77.0.10", last = "10.77.0.29" })).Is(200);
        return l3;
    }

    private static IReadOnlyList<JsonElement> Nics(JsonElement vm) => [.. vm.GetProperty("nics").EnumerateArray()];

    private async Task<string?> ErrorAsync(string path, object body) => (await Admin.EndOfAsync(await Admin.PostAsync(path, body))).GetProperty("error").Text("code");
}
