using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>A host is emptied for work on it, and takes VMs again.</summary>
public sealed class MaintenanceTests : IAsyncLifetime
{
    private ServerProcess server = null!;

    private Client Admin => server.Admin;

    public async Task InitializeAsync() => server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task A_hosts_vms_run_elsewhere_when_it_is_in_maintenance_and_it_takes_some_again_afterwards()
    {
        var (host, other) = await HostsAsync();
        var vms = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunningVmAsync(host)));

        var done = await Admin.DoAsync(Admin.PostAsync($"/v1/hosts/{host}/maintenance"));

        Assert.Equal(("In", 0L), await HostAsync(host));
        foreach (var vm in vms)
        {
            var row = await RowAsync($"/v1/vms/{vm}");
            Assert.Equal(("Running", other), (row.Text("state"), row.Text("hostId")));
            // What moved it is a part of what emptied the host, and its project's own.
            Assert.StartsWith(done.Id, row.Text("operationId"), StringComparison.Ordinal);
            Assert.Equal(row.Text("projectId"), (await Admin.GetAsync($"/v1/operations/{row.Text("operationId")}")).Is(200).Json.Text("projectId"));
        }

        Assert.Equal("placement.no-capacity", await ErrorAsync(Admin.PostAsync("/v1/vms", With(Cloud.SmallVm(Cloud.NewId("vm")), "hostId", host))));
        (await Admin.PostAsync($"/v1/hosts/{host}/maintenance")).IsProblem(409, "host.already-maintained");
        Assert.Equal("None", (await Admin.DeleteAsync($"/v1/hosts/{host}/maintenance")).Is(200).Json.Text("maintenance"));
        await RunningVmAsync(host);
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task What_cannot_be_moved_keeps_its_host_or_is_stopped_when_that_is_asked_for()
    {
        var (host, other) = await HostsAsync();
        var (vm, paused) = (await RunningVmAsync(host), await RunningVmAsync(host));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{paused}/pause"));
        (await Admin.PostAsync($"/v1/hosts/{other}/disable")).Is(200);

        var failed = await Admin.EndOfAsync(await Admin.PostAsync($"/v1/hosts/{host}/maintenance"));

        Assert.Equal("Failed", failed.Text("state"));
        Assert.Contains($"2 VMs cannot leave {host}", failed.GetProperty("error").Text("detail"), StringComparison.Ordinal);
        Assert.Equal(("None", 2L), await HostAsync(host));
        await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{paused}/resume"));
        await Admin.DoAsync(Admin.PostAsync($"/v1/hosts/{host}/maintenance", new { stopVms = true }));
        Assert.Equal(("In", 0L), await HostAsync(host));
        Assert.All(await Task.WhenAll(RowAsync($"/v1/vms/{vm}"), RowAsync($"/v1/vms/{paused}")), v => Assert.Equal("Stopped", v.Text("state")));
        await Ledger.IsExactAsync(server);
    }

    private async Task<(string Host, string Other)> HostsAsync()
    {
        var hosts = await Admin.AllAsync("/v1/hosts?sort=id");
        return (hosts[0].Id, hosts[1].Id);
    }

    private async Task<string> RunningVmAsync(string host)
    {
        var vm = Cloud.NewId("vm");
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", With(Cloud.SmallVm(vm), "hostId", host)));
        return vm;
    }

    private async Task<(string? Maintenance, long Vms)> HostAsync(string host)
    {
        var row = await RowAsync($"/v1/hosts/{host}");
        return (row.Text("maintenance"), row.Number("vmCount"));
    }

    private async Task<System.Text.Json.JsonElement> RowAsync(string path) => (await Admin.GetAsync($"{path}?waitFor={await server.PositionAsync()}")).Is(200).Json;

    private async Task<string?> ErrorAsync(Task<Reply> change) => (await Admin.EndOfAsync(await change)).GetProperty("error").Text("code");

    private static Dictionary<string, object?> With(IReadOnlyDictionary<string, object?> body, string field, object value) => new(body, StringComparer.Ordinal) { [field] = value };
}
