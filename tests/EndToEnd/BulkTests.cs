using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Many VMs by one call.</summary>
[Collection(CloudTests.Name)]
public sealed class BulkTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Fact]
    public async Task Two_hundred_vms_by_one_call_all_run_and_each_has_its_result()
    {
        var tenant = await cloud.TenantAsync();
        var accepted = (await tenant.Member.PostAsync("/v1/vms", Many("web", 200))).Is(202);
        Assert.Equal("vm.create-many", accepted.Json.Text("name"));
        Assert.Equal("Succeeded", (await tenant.Member.EndOfAsync(accepted)).Text("state"));

        var results = $"/v1/operations/{accepted.Json.Id}/results";
        var summary = (await tenant.Reader.GetAsync(results)).Is(200).Json.GetProperty("summary");
        Assert.Equal((200, 200, 0, 0, 0), Counts(summary));
        var items = await tenant.Reader.AllAsync(results);
        Assert.Equal(Enumerable.Range(1, 200).Select(n => $"web-{n}"), items.Select(i => i.Text("name")));
        Assert.All(items, i => Assert.Equal("Succeeded", i.Text("state")));
        var vms = await tenant.Reader.AllAsync($"/v1/vms?waitFor={await cloud.Server.PositionAsync()}");
        Assert.Equal(items.Select(i => i.Text("vm")).Order(StringComparer.Ordinal), vms.Select(v => v.Id).Order(StringComparer.Ordinal));
        Assert.All(vms, vm => Assert.Equal("Running", vm.Text("state")));
        Assert.Equal(200, vms.Select(vm => vm.Text("address")).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(200, vms.Select(vm => vm.GetProperty("nics")[0].Text("mac")).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(items.Select(i => i.Text("operation")).Order(StringComparer.Ordinal), vms.Select(v => v.Text("operationId")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Results_come_in_pages_in_the_order_of_their_numbers()
    {
        var tenant = await cloud.TenantAsync();
        var end = await tenant.Member.DoAsync(tenant.Member.PostAsync("/v1/vms", Many("paged", 5)));

        var first = (await tenant.Member.GetAsync($"/v1/operations/{end.Id}/results?limit=3")).Is(200);
        var rest = (await tenant.Member.GetAsync($"/v1/operations/{end.Id}/results?limit=3&after={first.Next}")).Is(200);

        Assert.Equal(["paged-1", "paged-2", "paged-3"], first.Items.Select(i => i.Text("name")));
        Assert.Equal(["paged-4", "paged-5"], rest.Items.Select(i => i.Text("name")));
        Assert.Null(rest.Next);
        (await tenant.Member.GetAsync($"/v1/operations/{end.Id}/results?limit=0")).IsProblem(400, "query.bad-limit");
        (await tenant.Member.GetAsync($"/v1/operations/{end.Id}/results?after=x")).IsProblem(400, "query.bad-after");
    }

    [Fact]
    public async Task Where_the_quota_ends_the_others_run_and_each_result_says_why_not()
    {
        var tenant = await cloud.TenantAsync(new { vms = 7, cpus = (int?)null, memory = (long?)null, storage = (long?)null });
        var end = await tenant.Member.EndOfAsync(await tenant.Member.PostAsync("/v1/vms", Many("part", 10)));

        Assert.Equal("Failed", end.Text("state"));
        Assert.Equal("vm.some-failed", end.GetProperty("error").Text("code"));
        Assert.StartsWith("3 of 10 VMs could not be made; 7 were made and stay.", end.GetProperty("error").Text("detail"), StringComparison.Ordinal);
        var results = (await tenant.Reader.GetAsync($"/v1/operations/{end.Id}/results")).Is(200);
        Assert.Equal((10, 7, 3, 0, 0), Counts(results.Json.GetProperty("summary")));
        Assert.All(results.Items.Where(i => i.Text("state") == "Failed"), i => Assert.Equal("quota.exceeded", i.Text("errorCode")));
        var running = await tenant.Reader.AllAsync($"/v1/vms?state=Running&waitFor={await cloud.Server.PositionAsync()}");
        Assert.Equal(results.Items.Where(i => i.Text("state") == "Succeeded").Select(i => i.Text("vm")).Order(StringComparer.Ordinal), running.Select(v => v.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Asked_again_with_the_same_key_nothing_is_begun()
    {
        var (tenant, key) = (await cloud.TenantAsync(), Cloud.NewId("key"));
        var first = (await tenant.Member.PostAsync("/v1/vms", Many("once", 3), key)).Is(202);
        await tenant.Member.EndOfAsync(first);

        await cloud.UnchangedAsync(async () =>
        {
            var again = (await tenant.Member.PostAsync("/v1/vms", Many("once", 3), key)).Is(202);
            Assert.Equal(first.Json.Id, again.Json.Id);
            (await tenant.Member.PostAsync("/v1/vms", Many("once", 4), key)).IsProblem(400, "idempotency.key-reused");
        });
    }

    [Fact]
    public async Task Killed_in_the_middle_it_goes_on_and_each_is_made_once()
    {
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, """{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:00:01" } } } }""");
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6", "--driver-settings", settings);
        var accepted = (await server.Admin.PostAsync("/v1/vms", Many("tough", 300))).Is(202);
        var results = $"/v1/operations/{accepted.Json.Id}/results";
        await Eventually.GetAsync("some are made, and some are not", () => SummaryAsync(server.Admin, results), s => s is { Succeeded: > 0, Running: > 0, Waiting: > 0 });

        await server.KillAsync();
        await server.StartAgainAsync();

        Assert.Equal("Succeeded", (await server.Admin.EndOfAsync(accepted)).Text("state"));
        Assert.Equal((300, 300, 0, 0, 0), await SummaryAsync(server.Admin, results));
        await server.PositionAsync();
        Assert.Equal(300, (await Load.StatesAsync(server.Admin))["Running"]);
        Assert.Equal(300, (await server.Admin.AllAsync("/v1/vms")).Select(vm => vm.Text("address")).Distinct(StringComparer.Ordinal).Count());
        await Ledger.IsExactAsync(server);
        File.Delete(settings);
    }

    [Fact]
    public async Task Given_up_it_begins_no_more_and_what_has_begun_comes_to_its_end()
    {
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, """{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:00:01" } } } }""");
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6", "--driver-settings", settings);
        File.Delete(settings);
        var accepted = (await server.Admin.PostAsync("/v1/vms", Many("enough", 300))).Is(202);
        var results = $"/v1/operations/{accepted.Json.Id}/results";
        await Eventually.GetAsync("some have begun, and some have not", () => SummaryAsync(server.Admin, results), s => s is { Running: > 0, Waiting: > 0 });

        (await server.Admin.PostAsync($"/v1/operations/{accepted.Json.Id}/cancel")).Is(202);

        Assert.Equal("operation.cancelled", (await server.Admin.EndOfAsync(accepted)).GetProperty("error").Text("code"));
        await Load.SettledAsync(server, TimeSpan.FromSeconds(30));
        var (total, succeeded, failed, running, waiting) = await SummaryAsync(server.Admin, results);
        Assert.Equal((300, 0, 0), (total, failed, running));
        Assert.True(succeeded > 0 && waiting > 0 && succeeded + waiting == total, $"{succeeded} are made, {waiting} wait.");
        Assert.Equal(succeeded, (await Load.StatesAsync(server.Admin))["Running"]);
    }

    [Fact]
    public async Task What_many_cannot_have_is_refused_and_nothing_is_begun() => await cloud.UnchangedAsync(async () =>
    {
        foreach (var (field, value) in new (string, object?)[]
        {
            ("count", 0), ("count", -1), ("count", 1_001), ("id", Cloud.NewId("vm")), ("name", ""), ("name", new string('x', 254)), ("memory", 1),
        })
        {
            var body = Many("refused", 2);
            body[field] = value;
            (await Admin.PostAsync("/v1/vms", body)).IsProblem(400, "request.invalid");
        }

        var fixedAddress = Many("refused", 2);
        fixedAddress.Remove("networkIds");
        fixedAddress["nics"] = new[] { new { l3Id = "l3-demo", address = "10.0.0.99" } };
        Assert.Contains("10.0.0.99", (await Admin.PostAsync("/v1/vms", fixedAddress)).IsProblem(400, "request.invalid").Detail, StringComparison.Ordinal);
        var unknown = Many("refused", 2);
        unknown["imageId"] = "image-none";
        (await Admin.PostAsync("/v1/vms", unknown)).IsProblem(404, "image.not-found");
    });

    [Fact]
    public async Task Results_are_for_those_who_see_the_operation_and_of_one_that_makes_many()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var many = await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Many("mine", 1)));
        var one = await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm"))));

        Assert.Equal("mine-1", Assert.Single((await own.Reader.GetAsync($"/v1/operations/{many.Id}/results")).Is(200).Items).Text("name"));
        (await other.Member.GetAsync($"/v1/operations/{many.Id}/results")).IsProblem(404, "op.not-found");
        (await own.Member.GetAsync($"/v1/operations/{one.Id}/results")).IsProblem(404, "operation.no-results");
        (await own.Reader.PostAsync("/v1/vms", Many("not", 2))).IsProblem(403, "auth.forbidden");
    }

    private static (long Total, long Succeeded, long Failed, long Running, long Waiting) Counts(JsonElement summary) =>
        (summary.Number("total"), summary.Number("succeeded"), summary.Number("failed"), summary.Number("running"), summary.Number("waiting"));

    private static async Task<(long Total, long Succeeded, long Failed, long Running, long Waiting)> SummaryAsync(Client client, string results) =>
        Counts((await client.GetAsync(results)).Is(200).Json.GetProperty("summary"));

    private static Dictionary<string, object?> Many(string name, int count)
    {
        var body = new Dictionary<string, object?>(Cloud.SmallVm("", name), StringComparer.Ordinal) { ["count"] = count };
        body.Remove("id");
        return body;
    }
}
