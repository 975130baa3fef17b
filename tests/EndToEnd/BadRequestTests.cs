using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Paths, methods, queries, tokens and headers that are wrong.</summary>
[Collection(CloudTests.Name)]
public sealed class BadRequestTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Theory]
    [InlineData("GET", "/v1/vms/vm-none", 404, "vm.not-found")]
    [InlineData("GET", "/v1/vms/NOT-AN-ID", 404, "vm.not-found")]
    [InlineData("GET", "/v1/vms/zone-demo", 404, "vm.not-found")]
    [InlineData("GET", "/v1/vms/vm-none/events", 404, "vm.not-found")]
    [InlineData("GET", "/v1/vms/zone-demo/events", 404, "vm.not-found")]
    [InlineData("GET", "/v1/zones/%27%3B%20drop%20table%20zones", 404, "zone.not-found")]
    [InlineData("GET", "/v1/operations/op-none", 404, "op.not-found")]
    [InlineData("GET", "/v1/operations/vm-none", 404, "op.not-found")]
    [InlineData("GET", "/v1/operations/op-none/events", 404, "op.not-found")]
    [InlineData("POST", "/v1/vms/vm-none/start", 404, "vm.not-found")]
    [InlineData("POST", "/v1/vms/vm-none/stop", 404, "vm.not-found")]
    [InlineData("POST", "/v1/vms/vm-none/reboot", 404, "vm.not-found")]
    [InlineData("DELETE", "/v1/vms/vm-none", 404, "vm.not-found")]
    [InlineData("DELETE", "/v1/zones/NOT-AN-ID", 404, "zone.not-found")]
    [InlineData("POST", "/v1/zones/vm-none/disable", 404, "zone.not-found")]
    [InlineData("GET", "/v1/planets", 404, "http.no-such-path")]
    [InlineData("GET", "/v2/vms", 404, "http.no-such-path")]
    [InlineData("POST", "/v1/zones/zone-demo/explode", 404, "http.no-such-path")]
    [InlineData("PUT", "/v1/vms", 405, "http.no-such-method")]
    [InlineData("PUT", "/v1/vms/vm-none", 405, "http.no-such-method")]
    [InlineData("DELETE", "/v1/vms", 405, "http.no-such-method")]
    [InlineData("PATCH", "/v1/zones", 405, "http.no-such-method")]
    [InlineData("POST", "/v1/operations", 405, "http.no-such-method")]
    [InlineData("DELETE", "/v1/operations/op-none", 405, "http.no-such-method")]
    [InlineData("TRACE", "/v1/vms", 405, "http.no-such-method")]
    [InlineData("GET", "/v1/vms?colour=red", 400, "query.unknown-field")]
    [InlineData("GET", "/v1/vms?sort=colour", 400, "query.unknown-field")]
    [InlineData("GET", "/v1/vms?sort=nics", 400, "query.to-many")]
    [InlineData("GET", "/v1/vms?nics=x", 400, "query.not-a-field")]
    [InlineData("GET", "/v1/vms?state=Flying", 400, "query.bad-value")]
    [InlineData("GET", "/v1/vms?cpus=many", 400, "query.bad-value")]
    [InlineData("GET", "/v1/vms?name=%00", 400, "query.bad-value")]
    [InlineData("GET", "/v1/vms?limit=0", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?limit=1001", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?limit=-5", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?limit=ten", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?limit=5&limit=6", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?limit=99999999999", 400, "query.bad-limit")]
    [InlineData("GET", "/v1/vms?after=abc", 400, "query.bad-cursor")]
    [InlineData("GET", "/v1/vms?after=%00", 400, "query.bad-cursor")]
    [InlineData("GET", "/v1/vms?waitFor=-1", 400, "query.bad-position")]
    [InlineData("GET", "/v1/zones/zone-demo/events?after=x", 400, "query.bad-after")]
    [InlineData("GET", "/v1/zones/zone-demo/events?limit=5000", 400, "query.bad-limit")]
    public async Task A_request_that_asks_for_nothing_there_is_refused(string method, string path, int status, string code) =>
        await cloud.UnchangedAsync(async () => (await Admin.SendContentAsync(new HttpMethod(method), path, null)).IsProblem(status, code));

    [Theory]
    [InlineData("PATCH", "/v1/zones/zone-none", """{ "name": "n" }""", 404, "zone.not-found")]
    [InlineData("DELETE", "/v1/zones/zone-none", null, 404, "zone.not-found")]
    [InlineData("POST", "/v1/zones", """{ "name": "n", "id": "zone-demo" }""", 409, "zone.already-exists")]
    [InlineData("POST", "/v1/l3-networks/l3-none/ranges", """{ "first": "10.0.0.1", "last": "10.0.0.2" }""", 404, "l3.not-found")]
    [InlineData("POST", "/v1/tokens", """{ "name": "n", "role": "Member", "projectId": "project-none" }""", 404, "project.not-found")]
    [InlineData("POST", "/v1/storages", """{ "name": "n", "zoneId": "zone-demo", "clusterIds": ["cluster-none"], "capacity": 1073741824 }""", 404, "cluster.not-found")]
    [InlineData("DELETE", "/v1/zones/zone-demo", null, 409, "zone.in-use")]
    public async Task What_a_resource_itself_refuses_leaves_only_the_record_of_that(string method, string path, string? body, int status, string code)
    {
        await cloud.UnchangedAsync(async () =>
        {
            var refused = body is null ? await Admin.SendContentAsync(new HttpMethod(method), path, null) : await Admin.SendTextAsync(new HttpMethod(method), path, body);
            refused.IsProblem(status, code);
            var operation = (await Admin.GetAsync($"/v1/operations/{refused.Json.Text("operation")}")).Is(200).Json;
            Assert.Equal(("Failed", code), (operation.Text("state"), operation.GetProperty("error").Text("code")));
        }, operations: true);
    }

    [Theory]
    [InlineData(null, "auth.token-missing")]
    [InlineData("", "auth.token-missing")]
    [InlineData("iaas_00000000000000000000000000000000", "auth.token-wrong")]
    [InlineData("token-default", "auth.token-wrong")]
    public async Task Without_a_right_token_nothing_is_seen_or_done(string? token, string code)
    {
        var nobody = cloud.Server.As(token);
        await cloud.UnchangedAsync(async () =>
        {
            foreach (var path in new[] { "/v1/vms", "/v1/vms/vm-none", "/v1/zones", "/v1/tokens", "/v1/operations", "/v1/nowhere" }) (await nobody.GetAsync(path)).IsProblem(401, code);
            (await nobody.PostAsync("/v1/zones", new { name = "n" })).IsProblem(401, code);
            (await nobody.DeleteAsync("/v1/zones/zone-demo")).IsProblem(401, code);
        });
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task A_body_that_is_not_json_by_its_type_is_refused(string type) => await cloud.UnchangedAsync(async () =>
    {
        (await Admin.SendTextAsync(HttpMethod.Post, "/v1/zones", """{ "name": "n" }""", type)).IsProblem(415, "request.not-json");
        (await Admin.SendTextAsync(HttpMethod.Patch, "/v1/zones/zone-demo", """{ "name": "n" }""", type)).IsProblem(415, "request.not-json");
    });

    [Fact]
    public async Task An_idempotency_key_that_is_none_is_refused() => await cloud.UnchangedAsync(async () =>
        (await Admin.PostAsync("/v1/zones", new { name = "n" }, new string('k', 201))).IsProblem(400, "idempotency.bad-key"));

    [Fact]
    public async Task A_cursor_of_another_list_or_order_is_refused()
    {
        await cloud.RunningVmAsync();
        await cloud.RunningVmAsync();
        var next = (await Admin.GetAsync("/v1/vms?limit=1")).Is(200).Next;
        Assert.NotNull(next);

        (await Admin.GetAsync($"/v1/vms?limit=1&after={next}")).Is(200);
        (await Admin.GetAsync($"/v1/vms?limit=1&sort=name&after={next}")).IsProblem(400, "query.bad-cursor");
        (await Admin.GetAsync($"/v1/hosts?limit=1&after={next}")).IsProblem(400, "query.bad-cursor");
    }

    [Fact]
    public async Task Waiting_for_a_position_that_has_not_come_ends_with_a_refusal()
    {
        var refused = (await Admin.GetAsync($"/v1/vms?waitFor={long.MaxValue}")).IsProblem(503, "query.not-caught-up");
        Assert.Contains("Try again", refused.Detail, StringComparison.Ordinal);
    }
}
