using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class QueryTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Fact]
    public async Task A_vm_is_found_by_what_it_is_related_to()
    {
        var vm = await cloud.RunningVmAsync();

        var row = Assert.Single(await Admin.RowsAsync($"""
            vm where nics[address = '{vm.Text("address")}' and l3.name like '%'] and host.cluster.zone.exists and not volumes[size < 1MiB].exists
            return id, host.name, nics.l3.id, count(volumes), sum(volumes.size) as bytes, host
            """));

        Assert.Equal((vm.Id, 1), (row.Id, row.Number("count(volumes)")));
        Assert.Equal(vm.Text("hostId"), row.GetProperty("host").Id);
        Assert.Equal("l3-demo", Assert.Single(row.GetProperty("nics.l3.id").EnumerateArray()).GetString());
        Assert.Equal(vm.Number("rootDisk"), row.Number("bytes"));
        // The same by the list, as users of other clouds know it.
        var listed = (await Admin.GetAsync($"/v1/vms?q=nics.address={vm.Text("address")}&q=host.cluster.name~=demo-%25&fields=id,host.name&sort=-createdAt,name&limit=5&total=true")).Is(200);
        Assert.Equal((vm.Id, 1), (Assert.Single(listed.Items).Id, listed.Json.Number("total")));
        Assert.Equal(row.Text("host.name"), listed.Items[0].Text("host.name"));
    }

    [Fact]
    public async Task The_past_is_answered_as_it_was()
    {
        var id = Cloud.NewId("vm");
        var before = await cloud.Server.PositionAsync();
        var vm = await cloud.RunningVmAsync(id);
        var running = await cloud.Server.PositionAsync();
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{id}"));
        var after = await cloud.Server.PositionAsync();

        string At(long position) => $"vm where id = '{id}' and host.exists and volumes.exists return state, address, host.id as of position {position}";
        Assert.Empty(await Admin.RowsAsync(At(before)));
        Assert.Empty(await Admin.RowsAsync(At(after)));
        var then = Assert.Single(await Admin.RowsAsync(At(running)));
        Assert.Equal(("Running", vm.Text("address"), vm.Text("hostId")), (then.Text("state"), then.Text("address"), then.Text("host.id")));
        Assert.Equal("Running", Assert.Single((await Admin.GetAsync($"/v1/vms?id={id}&asOf={running}")).Is(200).Items).Text("state"));

        // What happened to it, who did it, and by which operation: it is there at the second moment of the first range only.
        var made = await Admin.RowsAsync($"vm where id = '{id}' between position {before} and position {running}");
        Assert.Equal(["vm.requested/1", "vm.created/1"], made.Select(c => c.Text("event")));
        Assert.Equal(("Creating", "Running"), (made[1].GetProperty("changed").GetProperty("state").Text("from"), made[1].GetProperty("changed").GetProperty("state").Text("to")));
        Assert.All(made, c => Assert.StartsWith("token-", c.Text("actor"), StringComparison.Ordinal));
        Assert.All(made, c => Assert.StartsWith("op-", c.Text("operation"), StringComparison.Ordinal));
        var gone = await Admin.RowsAsync($"vm where id = '{id}' between position {running} and position {after}");
        Assert.Equal(["vm.destroying/1", "vm.destroyed/1"], gone.Select(c => c.Text("event")));
        (await Admin.PostAsync("/v1/query", new { query = "vm as of '2999-01-01'" })).IsProblem(400, "query.future");
    }

    [Fact]
    public async Task A_watch_tells_what_comes_changes_and_goes_and_takes_up_behind_the_last_event()
    {
        var id = Cloud.NewId("vm");
        var query = $"vm where id = '{id}' return name, state";
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        List<(string Type, string? Id, JsonElement Data)> heard = [];
        async Task ListenAsync(string? last, Func<bool> enough)
        {
            await foreach (var item in Admin.WatchAsync(query, last, stop.Token))
            {
                heard.Add((item.EventType, item.EventId, JsonElement.Parse(item.Data)));
                if (enough()) return;
            }
        }

        await ListenAsync(last: null, () => heard[^1].Type == "position");
        var start = heard[^1].Id;
        await cloud.RunningVmAsync(id);
        (await Admin.PatchAsync($"/v1/vms/{id}", new { name = "other" })).Is(200);
        await ListenAsync(start, () => heard[^1].Data.TryGetProperty("row", out var row) && row.Text("name") == "other");
        var renamed = heard[^1].Id;
        await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{id}"));
        await ListenAsync(renamed, () => heard[^1].Type == "leave");
        // Cut off before the last event, it is told again, and nothing before it.
        await ListenAsync(heard[^2].Id, () => heard[^1].Type == "leave");

        var told = heard.Where(h => h.Type != "position").ToList();
        Assert.Equal("enter", told[0].Type);
        Assert.Equal(["leave", "leave"], told.TakeLast(2).Select(t => t.Type));
        Assert.Equal(told[^1].Id, told[^2].Id);
        Assert.Equal(told.Count - 1, told.Select(t => t.Id).Distinct().Count());
        Assert.All(told, t => Assert.Equal(id, t.Data.Text("id")));
    }

    [Fact]
    public async Task No_question_reaches_what_is_anothers()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var (mine, theirs) = (Cloud.NewId("vm"), Cloud.NewId("vm"));
        await own.Member.DoAsync(own.Member.PostAsync("/v1/vms", Cloud.SmallVm(mine, "mine")));
        await other.Member.DoAsync(other.Member.PostAsync("/v1/vms", Cloud.SmallVm(theirs, "theirs")));
        var position = await cloud.Server.PositionAsync();

        // Both stand on the same network: no way over it leads to the other's.
        Assert.Equal(mine, Assert.Single(await own.Member.RowsAsync("vm return id")).Id);
        Assert.Empty(await own.Member.RowsAsync("l3 where nics.vm.name = 'theirs'"));
        Assert.Equal([mine], Assert.Single(await own.Member.RowsAsync("l3 where id = 'l3-demo' return nics.vm.id as ids")).GetProperty("ids").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(1, Assert.Single(await own.Member.RowsAsync("l3 where id = 'l3-demo' return count(nics) as n")).Number("n"));
        Assert.Empty(await own.Member.RowsAsync($"image where id in (vm where id = '{theirs}' return imageId)"));
        Assert.Empty(await own.Member.RowsAsync($"vm where id = '{theirs}' as of position {position}"));
        Assert.Empty(await own.Member.RowsAsync($"vm where id = '{theirs}' between position 0 and position {position}"));
        foreach (var (query, code) in new[]
        {
            ("host", "query.unknown-kind"), ("vm where host.name = 'x'", "query.unknown-field"), ("vm where image.vms.host.id = 'x'", "query.unknown-field"), ("token return hash", "query.unknown-kind"),
            ("l3 between position 0 and position 1", "auth.forbidden"),
        })
        {
            var refused = await own.Member.PostAsync("/v1/query", new { query });
            refused.IsProblem(code == "auth.forbidden" ? 403 : 400, code);
        }

        (await own.Member.PostAsync("/v1/query/explain", new { query = "vm" })).IsProblem(403, "auth.forbidden");
        (await Admin.PostAsync("/v1/query", new { query = "token return hash" })).IsProblem(400, "query.unknown-field");
        (await Admin.GetAsync("/v1/tokens?hash=x")).IsProblem(400, "query.unknown-field");
        Assert.DoesNotContain((await own.Member.GetAsync("/v1/schema")).Is(200).Json.GetProperty("kinds").EnumerateArray(), k => k.Text("name") is "host" or "token");
    }

    [Fact]
    public async Task Several_named_queries_are_answered_in_one_call()
    {
        var answers = await Admin.AskAsync("zone return count(*) named 'zones'; host where id like 'host-demo-%' group by cluster.name named 'hosts'; vm where state = Failed limit 1");

        Assert.Equal(["zones", "hosts", null], answers.Select(a => a.Text("name")));
        Assert.Equal(6, answers[1].GetProperty("rows").EnumerateArray().Sum(r => r.Number("count(*)")));
        Assert.All(answers, a => Assert.True(a.Number("position") > 0));
    }

    [Fact]
    public async Task A_wrong_question_is_told_where_it_is_wrong()
    {
        var typo = (await Admin.PostAsync("/v1/query", new { query = "vm where host.cluster.nam = 'x'" })).IsProblem(400, "query.unknown-field");
        Assert.StartsWith("Column 23: ", typo.Detail, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'name'?", typo.Detail, StringComparison.Ordinal);
        Assert.Contains("Column 4: ", (await Admin.GetAsync("/v1/query?q=vm%20wher%20x%3D1")).IsProblem(400, "query.syntax").Detail, StringComparison.Ordinal);
        (await Admin.GetAsync("/v1/vms?q=name~")).IsProblem(400, "query.syntax");
        (await Admin.GetAsync("/v1/vms?fields=id%20limit%203")).IsProblem(400, "query.syntax");
        (await Admin.GetAsync("/v1/vms?fields=nope")).IsProblem(400, "query.unknown-field");
        (await Admin.GetAsync("/v1/query/watch?q=vm%20with%20total")).IsProblem(400, "query.bad-sub-query");
    }

    [Fact]
    public async Task The_schema_says_what_can_be_asked_and_completes_it()
    {
        var vm = (await Admin.GetAsync("/v1/schema")).Is(200).Json.GetProperty("kinds").EnumerateArray().Single(k => k.Text("name") == "vm");
        Assert.Contains(vm.GetProperty("fields").EnumerateArray(), f => (f.Text("name"), f.Text("type"), f.Text("unit")) == ("memory", "bytes", "bytes"));
        Assert.Contains(vm.GetProperty("relations").EnumerateArray(), r => (r.Text("name"), r.Text("kind")) == ("nics", "vm.nics"));
        Assert.Contains((await Admin.GetAsync("/v1/schema/complete?text=vm%20where%20host.clu")).Is(200).Json.EnumerateArray(), c => c.Text("text") == "cluster");
        Assert.Contains("Index", (await Admin.PostAsync("/v1/query/explain", new { query = "vm where id = 'vm-1'" })).Is(200).Text, StringComparison.Ordinal);
        Assert.True((await Admin.GetAsync("/v1/schema/census")).Is(200).Json.EnumerateArray().Last().Number("paths") > 100_000);
    }
}
