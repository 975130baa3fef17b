using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

public sealed class CancelTests
{
    [Fact]
    public async Task An_operation_that_takes_its_time_is_given_up_by_those_who_may_and_leaves_nothing()
    {
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, """{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:10:00" } } } }""");
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2", "--driver-settings", settings);
        File.Delete(settings);
        var reader = server.As((await server.Admin.PostAsync("/v1/tokens", new { name = "r", role = "Reader", projectId = "project-default" })).Is(201).Json.Text("secret"));
        var accepted = (await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-slow"))).Is(202);
        var operation = $"/v1/operations/{accepted.Json.Id}";

        (await reader.PostAsync($"{operation}/cancel")).IsProblem(403, "auth.forbidden");
        var cancelled = (await server.Admin.PostAsync($"{operation}/cancel")).Is(202);

        Assert.Contains(cancelled.Json.Text("state"), new[] { "Undoing", "Failed" });
        var end = await server.Admin.EndOfAsync(cancelled);
        Assert.Equal("operation.cancelled", end.GetProperty("error").Text("code"));
        (await server.Admin.PostAsync($"{operation}/cancel")).Is(202);
        (await server.Admin.PostAsync($"{operation}/retry")).IsProblem(409, "operation.over");
        var position = await server.PositionAsync();
        var hosts = (await server.Admin.GetAsync($"/v1/hosts?waitFor={position}")).Is(200).Items;
        Assert.All(hosts, h => Assert.Equal((0L, 0L), (h.Number("usedCpus"), h.Number("usedMemory"))));
        Assert.Equal("Failed", (await server.Admin.GetAsync("/v1/vms/vm-slow")).Is(200).Json.Text("state"));
        var events = (await server.Admin.GetAsync($"{operation}/events")).Is(200).Items;
        Assert.Single(events, e => e.Text("type") == "operation.cancelled/1");
    }

    [Fact]
    public async Task What_is_over_or_was_never_is_not_given_up()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        var end = await server.Admin.DoAsync(server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-quick")));

        (await server.Admin.PostAsync($"/v1/operations/{end.Id}/cancel")).IsProblem(409, "operation.over");
        (await server.Admin.PostAsync("/v1/operations/op-none/cancel")).IsProblem(404, "op.not-found");
        (await server.Admin.PostAsync("/v1/operations/op-none/retry")).IsProblem(404, "op.not-found");
        Assert.Equal("Running", (await server.Admin.GetAsync($"/v1/vms/vm-quick?waitFor={await server.PositionAsync()}")).Is(200).Json.Text("state"));
    }
}
