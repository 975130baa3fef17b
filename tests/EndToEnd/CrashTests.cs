using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

public sealed class CrashTests
{
    private const int Creates = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Killed_in_the_middle_of_creates_it_keeps_every_promise_and_loses_nothing()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6");
        HashSet<string> promised = new(StringComparer.Ordinal);
        foreach (var moment in new[] { 20, 150, 400 })
        {
            promised.UnionWith(await CreateAndAsync(server, moment, server.KillAsync));

            await server.StartAgainAsync();

            await Load.SettledAsync(server, Patience);
            await KeptAsync(server, promised);
        }

        await Load.DestroyAllAsync(server);
        Assert.Equal("", (await Ledger.GivenAsync(server.Admin)).ToString());
    }

    [Fact]
    public async Task Asked_to_stop_in_the_middle_of_creates_it_stops_starts_again_and_finds_everything()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6");
        Assert.Contains("iaas_", server.Output, StringComparison.Ordinal);

        var promised = await CreateAndAsync(server, 150, async () => Assert.Equal(0, await server.StopAsync()));
        await server.StartAgainAsync();

        Assert.DoesNotContain("iaas_", server.Output, StringComparison.Ordinal);
        await Load.SettledAsync(server, Patience);
        await KeptAsync(server, [.. promised]);
        Assert.Equal(0, await server.StopAsync());
        await server.StartAgainAsync();
        await KeptAsync(server, [.. promised]);
    }

    [Fact]
    public async Task A_server_that_was_killed_while_it_destroys_ends_what_it_began()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6");
        var ids = await Load.CreateAsync(server.Admin, Load.Ids(100));
        await Load.SettledAsync(server, Patience);
        var accepted = await Task.WhenAll(ids.Select(id => server.Admin.DeleteAsync($"/v1/vms/{id}")));
        Assert.All(accepted, a => a.Is(202));

        await server.KillAsync();
        await server.StartAgainAsync();

        await Load.SettledAsync(server, Patience);
        Assert.Empty(await server.Admin.AllAsync("/v1/vms"));
        Assert.Equal("", (await Ledger.GivenAsync(server.Admin)).ToString());
    }

    [Fact]
    public async Task Asked_to_stop_it_ends_well_though_a_request_takes_its_time()
    {
        await using var server = await ServerProcess.StartAsync();
        var slow = server.Admin.GetAsync($"/v1/vms?waitFor={long.MaxValue}");
        await Eventually.GetAsync("the slow request is under way", async () => (await server.Anonymous.GetAsync("/metrics")).Is(200).Text,
            m => m.Split('\n').Any(l => l.StartsWith("http_server_active_requests{", StringComparison.Ordinal) && l.Split(' ')[1] == "2"));

        Assert.Equal(0, await server.StopAsync());

        (await slow).IsProblem(503, "query.not-caught-up");
    }

    /// <summary>Begins to create, and does something to the server as soon as so many are acknowledged.</summary>
    /// <returns>The ids of the VMs that the server has promised.</returns>
    private static async Task<IReadOnlyList<string>> CreateAndAsync(ServerProcess server, int moment, Func<Task> strike)
    {
        var now = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var creating = Load.CreateAsync(server.Admin, Load.Ids(Creates), count =>
        {
            if (count >= moment) now.TrySetResult();
        });
        await Task.WhenAny(now.Task, creating);
        await strike();
        var promised = await creating;
        Assert.True(promised.Count >= moment, $"Only {promised.Count} were acknowledged.");
        Assert.True(promised.Count < Creates, "All were acknowledged: the server was struck too late for this test to mean anything.");
        return promised;
    }

    private static async Task KeptAsync(ServerProcess server, HashSet<string> promised)
    {
        var vms = await server.Admin.AllAsync("/v1/vms");
        Assert.All(vms, vm => Assert.True(vm.Text("state") is "Running" or "Failed", $"Neither here nor there: {vm}"));
        // One that failed says why; the ledger says that it holds nothing.
        Assert.All(vms.Where(vm => vm.Text("state") == "Failed"), vm => Assert.NotNull(vm.Text("errorCode")));
        Assert.Empty(promised.Except(vms.Select(vm => vm.Id), StringComparer.Ordinal));
        await Ledger.IsExactAsync(server);
    }
}
