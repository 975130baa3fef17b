using System.Globalization;
using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Following an operation: what each step did is heard as it happens.</summary>
public sealed class OperationStreamTests : IDisposable
{
    private static readonly string[] Steps = ["request", "quota", "place", "addresses", "disk", "volume", "nics", "domain", "host", "created"];

    private readonly string settings = Path.GetTempFileName();

    public void Dispose() => File.Delete(settings);

    private sealed record Heard(string Type, long Id, JsonElement Body)
    {
        public string? Step => Body.TryGetProperty("step", out var step) ? step.GetString() : null;

        public long Percent => Body.Number("percent");
    }

    [Fact]
    public async Task A_slow_operation_is_followed_step_by_step_to_its_end_by_those_who_may_see_it()
    {
        await using var server = await ServerAsync("""{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:00:02" }, "EnsureNic": { "delay": "00:00:01" }, "EnsureRunning": { "delay": "00:00:01" } } } }""");
        var operation = (await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-slow"))).Is(202).Json;
        Assert.InRange(operation.Number("percent"), 1, 99);
        Assert.Contains(operation.Text("step"), Steps);

        // The server ends the stream, so that this returns.
        var heard = await FollowAsync(server.Admin, operation.Id);

        Assert.Equal(("succeeded", 100, null), (heard[^1].Type, heard[^1].Percent, heard[^1].Step));
        Assert.All(heard.SkipLast(1), h => Assert.Equal("progress", h.Type));
        Assert.All(heard.Zip(heard.Skip(1)), h => Assert.True(h.First.Id < h.Second.Id && h.First.Percent <= h.Second.Percent, $"{h.First} is followed by {h.Second}"));
        var order = heard.Select(h => h.Step).OfType<string>().Select(s => Array.IndexOf(Steps, s)).ToList();
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
        Assert.All(["disk", "nics", "domain"], s => Assert.Contains(heard, h => h.Step == s));

        // Cut off behind any event, a client hears the rest, and once: ids stand for the same state for ever.
        foreach (var from in heard.SkipLast(1))
            Assert.Equal(heard.Where(h => h.Id > from.Id).Select(h => (h.Id, h.Type, h.Step)), (await FollowAsync(server.Admin, operation.Id, from.Id)).Select(h => (h.Id, h.Type, h.Step)));
        Assert.Equal(heard[^1].Id, Assert.Single(await FollowAsync(server.Admin, operation.Id)).Id);
        // 204 tells a browser not to connect again.
        Assert.Empty(await FollowAsync(server.Admin, operation.Id, heard[^1].Id, status: 204));
        Assert.Empty(await FollowAsync(server.Admin, operation.Id, heard[^1].Id + 1, status: 400));
        Assert.Empty(await FollowAsync(server.Admin, "op-none", status: 404));
        var secret = await TokenOfAnotherAsync(server);
        Assert.Empty(await FollowAsync(server.As(secret), operation.Id, status: 404));
        // Who accepts no stream gets the history as ever.
        Assert.Equal("operation.started/1", (await server.Admin.GetAsync($"/v1/operations/{operation.Id}/events")).Is(200).Items[0].Text("type"));
    }

    [Fact]
    public async Task An_operation_that_is_given_up_is_followed_back_to_nothing()
    {
        await using var server = await ServerAsync("""{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:10:00" } } } }""");
        var operation = (await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-slow"))).Is(202).Json.Id;
        await Eventually.GetAsync("it waits for the disk", async () => (await server.Admin.GetAsync($"/v1/operations/{operation}")).Is(200).Json, o => o.Text("step") == "disk");

        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var token = (await server.Admin.PostAsync("/v1/tokens", new { name = "r", role = "Reader", projectId = "project-default" })).Is(201).Json;
        var reader = server.As(token.Text("secret"));
        await using var revoked = reader.FollowAsync(operation, last: null, s => Assert.Equal(200, s), stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await revoked.MoveNextAsync());
        (await server.Admin.DeleteAsync($"/v1/tokens/{token.Id}")).Is(204);
        await Eventually.GetAsync("the token is worth nothing", () => reader.GetAsync("/v1/vms"), r => r.Status == 401);

        List<Heard> heard = [];
        await foreach (var item in server.Admin.FollowAsync(operation, last: null, s => Assert.Equal(200, s), stop.Token))
        {
            heard.Add(Read(item));
            if (heard is [{ Step: "disk" }]) (await server.Admin.PostAsync($"/v1/operations/{operation}/cancel")).Is(202);
        }

        Assert.False(await revoked.MoveNextAsync(), "Who may not see it any more hears no more of it.");
        Assert.Equal(("failed", 0, null), (heard[^1].Type, heard[^1].Percent, heard[^1].Step));
        Assert.Equal("operation.cancelled", heard[^1].Body.GetProperty("error").Text("code"));
        var undoing = heard.SkipWhile(h => h.Body.Text("state") == "Running").ToList();
        Assert.Equal("disk", undoing[0].Step);
        Assert.All(undoing.Zip(undoing.Skip(1)), h => Assert.True(h.First.Percent >= h.Second.Percent, $"{h.First} is followed by {h.Second}"));
    }

    [Fact]
    public async Task A_stream_ends_with_its_client_and_with_the_server_and_goes_on_in_the_next()
    {
        await using var server = await ServerAsync("""{ "simulator": { "faults": { "EnsureDisk": { "delay": "00:10:00" } } } }""");
        var operation = (await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-slow"))).Is(202).Json.Id;
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        // It does not end, so the client leaves; the server must not mind.
        await using (var left = server.Admin.FollowAsync(operation, last: null, s => Assert.Equal(200, s), stop.Token).GetAsyncEnumerator(stop.Token)) Assert.True(await left.MoveNextAsync());

        await using var kept = server.Admin.FollowAsync(operation, last: null, s => Assert.Equal(200, s), stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await kept.MoveNextAsync());
        var heard = Read(kept.Current);
        // SIGTERM ends the process at once, and not when those who follow have gone.
        var ended = server.StopAsync();
        while (await kept.MoveNextAsync()) heard = Read(kept.Current);
        Assert.Equal(0, await ended);
        Assert.Equal("progress", heard.Type);

        await server.StartAgainAsync();
        await using var next = server.Admin.FollowAsync(operation, heard.Id.ToString(CultureInfo.InvariantCulture), s => Assert.Equal(200, s), stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await next.MoveNextAsync());
        Assert.Equal(heard.Id + 1, Read(next.Current).Id);
    }

    private async Task<ServerProcess> ServerAsync(string simulator)
    {
        await File.WriteAllTextAsync(settings, simulator);
        return await ServerProcess.StartAsync("--demo", "--demo-hosts", "2", "--driver-settings", settings);
    }

    private static async Task<string?> TokenOfAnotherAsync(ServerProcess server)
    {
        (await server.Admin.PostAsync("/v1/projects", new { id = "project-other", name = "other" })).Is(201);
        return (await server.Admin.PostAsync("/v1/tokens", new { name = "other", role = "Member", projectId = "project-other" })).Is(201).Json.Text("secret");
    }

    private static async Task<List<Heard>> FollowAsync(Client client, string operation, long? last = null, int status = 200)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        List<Heard> heard = [];
        await foreach (var item in client.FollowAsync(operation, last?.ToString(CultureInfo.InvariantCulture), s => Assert.Equal(status, s), stop.Token)) heard.Add(Read(item));
        return heard;
    }

    private static Heard Read(System.Net.ServerSentEvents.SseItem<string> item) =>
        new(item.EventType, long.Parse(item.EventId!, CultureInfo.InvariantCulture), JsonElement.Parse(item.Data));
}
