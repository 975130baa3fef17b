using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;
using IaaS.Postgres;
using Npgsql;

namespace IaaS.EndToEnd.Tests;

/// <summary>Whether everything adds up is checked all the time.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private ServerProcess server = null!;

    private Client Admin => server.Admin;

    public async Task InitializeAsync() => server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2", "--watch-seconds", "0.05");

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task A_cloud_that_is_used_has_no_finding_and_what_is_changed_behind_its_back_is_told_until_it_is_right_again()
    {
        var vms = Enumerable.Range(0, 8).Select(_ => Cloud.NewId("vm")).ToList();
        await Task.WhenAll(vms.Select(vm => Admin.DoAsync(Admin.PostAsync("/v1/vms", Cloud.SmallVm(vm)))));
        await Task.WhenAll(vms[..4].Select(vm => Admin.DoAsync(Admin.PostAsync($"/v1/vms/{vm}/migrate"))));
        await Task.WhenAll(vms[4..].Select(vm => Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{vm}"))));
        await ChecksAsync(times: 5);
        Assert.Empty(Findings(await LastAsync()));

        await SqlAsync("update read.view_host set used_cpus = used_cpus + 1 where id = 'host-demo-01'");
        await SqlAsync("update read.view_storage set used = used + 1 where id = 'storage-demo'");
        await SqlAsync("update read.view_project set used_vms = used_vms + 1 where id = 'project-default'");
        await SqlAsync($"update read.part_vm_nics set address = (select address from read.part_vm_nics where \"#owner\" = '{vms[1]}') where \"#owner\" = '{vms[2]}'");
        await SqlAsync($"update read.view_vm set state = 'Starting' where id = '{vms[0]}'");
        await SqlAsync($"update read.view_volume set state = 'Attaching', operation_id = (select operation_id from read.view_vm where id = '{vms[0]}') where vm_id = '{vms[0]}'");

        var told = await Eventually.GetAsync("all are told", LastAsync, l => Findings(l).Count == 6);
        Assert.Equal(
            ["address.twice l3-demo", "capacity.sum host-demo-01", "quota.sum project-default", "space.sum storage-demo", $"vm.stuck {vms[0]}", $"volume.stuck {await RootOfAsync(vms[0])}"], Findings(told));
        Assert.Contains("iaas_invariants_findings{", (await server.Anonymous.GetAsync("/metrics")).Is(200).Text, StringComparison.Ordinal);
        Assert.Contains("} 6", (await server.Anonymous.GetAsync("/metrics")).Text.Split('\n').Single(l => l.StartsWith("iaas_invariants_findings{", StringComparison.Ordinal)), StringComparison.Ordinal);

        foreach (var view in (string[])["host", "storage", "project", "vm", "volume"]) (await Admin.PostAsync($"/v1/projections/{view}/rebuild")).Is(202);

        await Eventually.GetAsync("nothing is told any more", LastAsync, l => Findings(l).Count == 0);
    }

    [Fact]
    public async Task Only_an_administrator_asks()
    {
        (await Admin.PostAsync("/v1/projects", new { id = "project-watch", name = "w" })).Is(201);
        var member = server.As((await Admin.PostAsync("/v1/tokens", new { name = "m", role = "Member", projectId = "project-watch" })).Is(201).Json.Text("secret"));
        (await member.GetAsync("/v1/audit/watch")).IsProblem(403, "auth.forbidden");
    }

    [Fact]
    public async Task An_operation_that_should_have_ended_long_ago_is_told()
    {
        var vm = Cloud.NewId("vm");
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", Cloud.SmallVm(vm)));
        await SqlAsync($"update read.view_op set state = 'Running', deadline = now() - interval '31 minutes' where subject = '{vm}'");
        var told = await Eventually.GetAsync("it is told", LastAsync, l => Findings(l).Count > 0);
        Assert.StartsWith("operation.overdue op-", Assert.Single(Findings(told)), StringComparison.Ordinal);
    }

    private async Task<string> RootOfAsync(string vm) => (await Admin.GetAsync($"/v1/vms/{vm}")).Is(200).Json.Text("rootVolumeId")!;

    private async Task<JsonElement> LastAsync() => (await Eventually.GetAsync("a check", () => Admin.GetAsync("/v1/audit/watch"), r => (int)r.Status == 200)).Json;

    private static List<string> Findings(JsonElement last) =>
        [.. last.GetProperty("findings").EnumerateArray().Select(f => $"{f.Text("code")} {f.Text("resource")}").Order(StringComparer.Ordinal)];

    /// <summary>Waits until it has been checked some more times.</summary>
    private async Task ChecksAsync(int times)
    {
        for (var (i, before) = (0, (await LastAsync()).Text("at")); i < times; i++)
        {
            var seen = before;
            before = (await Eventually.GetAsync("another check", LastAsync, l => l.Text("at") != seen)).Text("at");
        }
    }

    private async Task SqlAsync(string sql)
    {
        await using var db = NpgsqlDataSource.Create(EmbeddedPostgres.ConnectionStringOf(server.Folder));
        await using var command = db.CreateCommand(sql);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}
