using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class TenancyTests(Cloud cloud)
{
    private const long SmallMemory = 512L << 20;

    private Client Admin => cloud.Admin;

    [Fact]
    public async Task A_member_makes_and_sees_what_is_its_projects()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var id = await VmOfAsync(own);

        Assert.Equal(own.Project, (await own.Member.GetAsync($"/v1/vms/{id}")).Is(200).Json.Text("projectId"));
        Assert.Equal(id, Assert.Single((await own.Reader.GetAsync($"/v1/vms?waitFor={await cloud.Server.PositionAsync()}")).Is(200).Items).Id);
        Assert.Single((await own.Reader.GetAsync("/v1/volumes")).Is(200).Items);
        Assert.Equal(own.Project, Assert.Single((await own.Reader.GetAsync("/v1/projects")).Is(200).Items).Id);
        Assert.NotEmpty((await own.Reader.GetAsync($"/v1/vms/{id}/events")).Is(200).Items);
        Assert.NotEmpty((await own.Reader.GetAsync("/v1/operations")).Is(200).Items);
        foreach (var list in new[] { "vms", "volumes", "operations" }) Assert.Empty((await other.Member.GetAsync($"/v1/{list}")).Is(200).Items);
        // A filter is no way around.
        Assert.Empty((await other.Member.GetAsync($"/v1/vms?projectId={own.Project}")).Is(200).Items);
        Assert.Equal(0, (await other.Member.GetAsync("/v1/vms?total=true")).Is(200).Json.Number("total"));
    }

    [Fact]
    public async Task What_is_another_projects_looks_as_if_it_were_not_there()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var id = await VmOfAsync(own);
        var vm = await cloud.VmAsync(id);

        foreach (var (there, absent) in new[]
        {
            ($"vms/{id}", "vms/vm-none"), ($"vms/{id}/events", "vms/vm-none/events"), ($"volumes/{vm.Text("rootVolumeId")}", "volumes/volume-none"),
            ($"volumes/{vm.Text("rootVolumeId")}/events", "volumes/volume-none/events"), ($"operations/{vm.Text("operationId")}", "operations/op-none"),
            ($"operations/{vm.Text("operationId")}/events", "operations/op-none/events"), ($"projects/{own.Project}", "projects/project-none"),
            ($"projects/{own.Project}/events", "projects/project-none/events"),
        })
        {
            var code = (await other.Member.GetAsync($"/v1/{absent}")).Is(404).Code!;
            (await other.Member.GetAsync($"/v1/{there}")).IsProblem(404, code);
            (await other.Reader.GetAsync($"/v1/{there}")).IsProblem(404, code);
        }

        foreach (var verb in new[] { "start", "stop", "reboot" }) (await other.Member.PostAsync($"/v1/vms/{id}/{verb}")).IsProblem(404, "vm.not-found");
        (await other.Member.DeleteAsync($"/v1/vms/{id}")).IsProblem(404, "vm.not-found");
        (await other.Member.PatchAsync($"/v1/vms/{id}", new { name = "mine" })).IsProblem(404, "vm.not-found");
        (await other.Member.PostAsync("/v1/vms", With(Cloud.SmallVm(Cloud.NewId("vm")), ("projectId", own.Project)))).IsProblem(404, "project.not-found");
        Assert.Equal(vm.GetRawText(), (await cloud.VmAsync(id)).GetRawText());
        // What has been destroyed has never been, for others.
        await own.Member.DoAsync(own.Member.DeleteAsync($"/v1/vms/{id}"));
        (await other.Member.GetAsync($"/v1/vms/{id}")).IsProblem(404, "vm.not-found");
    }

    [Fact]
    public async Task Infrastructure_is_the_administrators()
    {
        var tenant = await cloud.TenantAsync();
        foreach (var client in new[] { tenant.Member, tenant.Reader })
        {
            foreach (var list in new[] { "zones", "clusters", "hosts", "storages", "l2-networks", "tokens" })
            {
                (await client.GetAsync($"/v1/{list}")).IsProblem(403, "auth.forbidden");
                (await client.GetAsync($"/v1/{list}/anything")).IsProblem(403, "auth.forbidden");
            }

            foreach (var list in new[] { "offerings", "disk-offerings", "images", "l3-networks" }) Assert.NotEmpty((await client.GetAsync($"/v1/{list}")).Is(200).Items);
            await cloud.UnchangedAsync(async () =>
            {
                (await client.PostAsync("/v1/zones", new { name = "mine" })).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/offerings", new { name = "mine", cpus = 1, memory = SmallMemory })).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/images", new { name = "mine", location = "simulator:x", size = SmallMemory })).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/projects", new { name = "mine" })).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/tokens", new { name = "mine", role = "Admin" })).IsProblem(403, "auth.forbidden");
                (await client.PutAsync($"/v1/projects/{tenant.Project}/quota", new { vms = 1000, cpus = (int?)null, memory = (long?)null, storage = (long?)null })).IsProblem(403, "auth.forbidden");
                (await client.DeleteAsync("/v1/l3-networks/l3-demo")).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/l3-networks/l3-demo/ranges", new { first = "10.0.0.2", last = "10.0.0.3" })).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/images/image-demo/disable")).IsProblem(403, "auth.forbidden");
                (await client.PostAsync("/v1/vms", With(Cloud.SmallVm(Cloud.NewId("vm")), ("hostId", "host-demo-01")))).IsProblem(403, "auth.forbidden");
            });
        }
    }

    [Fact]
    public async Task The_history_of_what_projects_share_names_their_resources_and_is_the_administrators()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        await VmOfAsync(own);

        (await other.Member.GetAsync("/v1/l3-networks/l3-demo")).Is(200);
        (await other.Member.GetAsync("/v1/l3-networks/l3-demo/events")).IsProblem(403, "auth.forbidden");
        (await other.Reader.GetAsync("/v1/images/image-demo/events")).IsProblem(403, "auth.forbidden");
        Assert.Contains("address-allocated", (await Admin.GetAsync("/v1/l3-networks/l3-demo/events?limit=1000")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_changes_nothing_of_its_own_project()
    {
        var tenant = await cloud.TenantAsync();
        var id = await VmOfAsync(tenant);
        await cloud.UnchangedAsync(async () =>
        {
            (await tenant.Reader.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm")))).IsProblem(403, "auth.forbidden");
            foreach (var verb in new[] { "start", "stop", "reboot" }) (await tenant.Reader.PostAsync($"/v1/vms/{id}/{verb}")).IsProblem(403, "auth.forbidden");
            (await tenant.Reader.DeleteAsync($"/v1/vms/{id}")).IsProblem(403, "auth.forbidden");
            (await tenant.Reader.PatchAsync($"/v1/vms/{id}", new { name = "n" })).IsProblem(403, "auth.forbidden");
        });
    }

    [Fact]
    public async Task A_key_of_one_caller_is_not_that_of_another()
    {
        var (own, other, key) = (await cloud.TenantAsync(), await cloud.TenantAsync(), Cloud.NewId("key"));
        object body = new { name = "same", imageId = "image-demo", offeringId = "offering-small" };

        var first = await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", body, key));
        var second = await other.Member.DoAsync(other.Member.PostAsync("/v1/vms", body, key));

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal((own.Project, other.Project), (first.Text("projectId"), second.Text("projectId")));
    }

    [Theory]
    [InlineData(1, null, null, null)]
    [InlineData(null, 1, null, null)]
    [InlineData(null, null, SmallMemory, null)]
    [InlineData(null, null, null, 2L << 30)]
    public async Task A_vm_beyond_the_quota_fails_and_holds_nothing(int? vms, int? cpus, long? memory, long? storage)
    {
        var tenant = await cloud.TenantAsync(new { vms, cpus, memory, storage });
        await VmOfAsync(tenant);
        var second = Cloud.NewId("vm");

        var end = await tenant.Member.EndOfAsync(await tenant.Member.PostAsync("/v1/vms", Cloud.SmallVm(second)));

        Assert.Equal(("Failed", "quota.exceeded"), (end.Text("state"), end.GetProperty("error").Text("code")));
        Assert.Equal(("Failed", "quota.exceeded"), ((await cloud.VmAsync(second)).Text("state"), (await cloud.VmAsync(second)).Text("errorCode")));
        await Ledger.IsExactAsync(cloud.Server);
        (await Admin.PutAsync($"/v1/projects/{tenant.Project}/quota", new { vms = (int?)2, cpus = (int?)2, memory = (long?)null, storage = (long?)null })).Is(200);
        await VmOfAsync(tenant);
    }

    [Fact]
    public async Task Of_many_vms_at_once_exactly_the_quota_runs()
    {
        var tenant = await cloud.TenantAsync(new { vms = 7, cpus = (int?)null, memory = (long?)null, storage = (long?)null });

        var ends = await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
            (await tenant.Member.EndOfAsync(await tenant.Member.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm"))))).Text("state")));

        Assert.Equal(7, ends.Count(e => e == "Succeeded"));
        var project = (await tenant.Reader.GetAsync($"/v1/projects/{tenant.Project}")).Is(200).Json;
        Assert.Equal((7, 7), (project.Number("usedVms"), project.Number("usedCpus")));
        await Ledger.IsExactAsync(cloud.Server);
    }

    private static async Task<string> VmOfAsync(Tenant tenant)
    {
        var id = Cloud.NewId("vm");
        await tenant.Member.DoAsync(tenant.Member.PostAsync("/v1/vms", Cloud.SmallVm(id)));
        return id;
    }

    private static Dictionary<string, object?> With(IReadOnlyDictionary<string, object?> body, (string Field, object Value) more) =>
        new(body, StringComparer.Ordinal) { [more.Field] = more.Value };
}
