using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

public sealed class HandOverTests : IDisposable
{
    private readonly string settings = Path.GetTempFileName();

    public void Dispose() => File.Delete(settings);

    [Fact]
    public async Task A_disk_that_can_never_be_removed_is_handed_over_and_the_rest_ends()
    {
        // No disk is ever removed; the second guest does not start, so that it is undone.
        await File.WriteAllTextAsync(settings, """{ "simulator": { "faults": { "EnsureDiskAbsent": { "failProbability": 1 }, "EnsureRunning": { "fail": [2], "retry": false } } } }""");
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "1", "--driver-settings", settings);
        var admin = server.Admin;
        var member = server.As((await admin.PostAsync("/v1/tokens", new { name = "m", role = "Member", projectId = "project-default" })).Is(201).Json.Text("secret"));
        await member.DoAsync(member.PostAsync("/v1/vms", Cloud.SmallVm("vm-1")));
        var undone = (await member.PostAsync("/v1/vms", Cloud.SmallVm("vm-2"))).Is(202).Json.Id;
        var destroyed = (await member.DeleteAsync("/v1/vms/vm-1")).Is(202).Json.Id;

        (await member.PostAsync($"/v1/operations/{destroyed}/hand-over", new { reason = "mine" })).IsProblem(403, "auth.forbidden");
        (await admin.PostAsync($"/v1/operations/{destroyed}/hand-over", new { reason = " " })).IsProblem(400, "operation.bad-reason");
        (await admin.PostAsync("/v1/operations/op-none/hand-over", new { reason = "gone" })).IsProblem(404, "op.not-found");
        (await admin.PostAsync($"/v1/operations/{destroyed}/hand-over", new { reason = "gone", step = "begin" })).IsProblem(409, "operation.not-stuck");
        await HandOverAsync(admin, destroyed, new { reason = "the storage has burnt down" });
        await HandOverAsync(admin, undone, new { reason = "the storage has burnt down", step = "disk" });

        var (first, second) = (await EndAsync(admin, destroyed), await EndAsync(admin, undone));
        Assert.Equal(("Succeeded", 100L), (first.Text("state"), first.Number("percent")));
        Assert.Equal(("Failed", 0L), (second.Text("state"), second.Number("percent")));
        foreach (var end in new[] { first, second })
        {
            var left = Assert.Single(end.GetProperty("handedOver").EnumerateArray());
            Assert.Equal(("disk", "the storage has burnt down"), (left.Text("step"), left.Text("reason")));
            Assert.Equal("HandedOver", end.GetProperty("steps").EnumerateArray().Single(s => s.Text("name") == "disk").Text("state"));
        }

        // Asked again, it answers the same; and the log says once who did it.
        (await admin.PostAsync($"/v1/operations/{destroyed}/hand-over", new { reason = "the storage has burnt down" })).Is(202);
        (await admin.PostAsync($"/v1/operations/{destroyed}/hand-over", new { reason = "another" })).IsProblem(409, "operation.over");
        var events = (await admin.GetAsync($"/v1/operations/{destroyed}/events")).Is(200).Items;
        Assert.NotEqual(events[0].Text("actor"), Assert.Single(events, e => e.Text("type") == "operation.handed-over/1").Text("actor"));
        await AssertAuditAsync(server, [destroyed, undone]);
        // What is on record is so after a restart.
        await server.StopAsync();
        await server.StartAgainAsync();
        await AssertAuditAsync(server, [destroyed, undone]);
    }

    private static async Task AssertAuditAsync(ServerProcess server, string[] operations)
    {
        var audit = (await server.Admin.GetAsync("/v1/audit")).Is(200).Json;
        Assert.Empty(audit.GetProperty("findings").EnumerateArray());
        Assert.Equal(0, audit.Number("openOperations"));
        Assert.Equal(operations.Order(StringComparer.Ordinal), audit.GetProperty("handedOver").EnumerateArray().Select(h => h.Text("operation")).Order(StringComparer.Ordinal));
        Assert.All(audit.GetProperty("handedOver").EnumerateArray(), h => Assert.Equal(("disk", "the storage has burnt down"), (h.Text("step"), h.Text("reason"))));
    }

    /// <summary>As soon as an attempt has failed.</summary>
    private static Task<int> HandOverAsync(Client admin, string operation, object body) =>
        Eventually.GetAsync($"{operation} waits and is handed over",
        async () => (await admin.PostAsync($"/v1/operations/{operation}/hand-over", body)).Status, s => s == 202);

    private static Task<System.Text.Json.JsonElement> EndAsync(Client admin, string operation) => Eventually.GetAsync($"the end of {operation}",
        async () => (await admin.GetAsync($"/v1/operations/{operation}")).Is(200).Json, o => o.Text("state") is "Succeeded" or "Failed");
}
