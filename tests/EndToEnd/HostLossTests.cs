using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Two agents with simulated hypervisors, as processes of their own, against the real server.</summary>
[Collection(AloneTests.Name)]
public sealed class HostLossTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_vm_whose_host_is_lost_is_started_elsewhere_if_that_is_its_policy_and_waits_if_not()
    {
        await using var site = await TwoHosts.StartAsync();
        var (restart, wait) = (await site.VmAsync("vm-restart", "Restart", site.First), await site.VmAsync("vm-wait", "Wait", site.First));
        Assert.Equal((site.First, site.First), (restart.Text("hostId"), wait.Text("hostId")));

        site.FirstAgent.Kill();

        var moved = await Eventually.GetAsync("vm-restart runs elsewhere", () => site.GetAsync("vm-restart"), v => v.Text("state") is "Running" && v.Text("hostId") == site.Second, Patience);
        Assert.Equal(restart.Text("address"), moved.Text("address"));
        var left = await site.GetAsync("vm-wait");
        Assert.Equal(("Unknown", site.First), (left.Text("state"), left.Text("hostId")));
        Assert.Equal("Lost", (await site.Admin.GetAsync($"/v1/hosts/{site.First}")).Is(200).Json.Text("status"));
        Assert.Equal(["vm.host-lost/1", "vm.failing-over/1", "vm.failed-over/1"], (await site.EventsAsync("vm-restart")).TakeLast(3));
        (await site.Admin.PostAsync("/v1/vms/vm-wait/fail-over")).IsProblem(409, "vm.not-fenced");
        await site.Admin.DoAsync(site.Admin.PostAsync("/v1/vms/vm-wait/fail-over", new { fenced = true }));
        Assert.Equal(("Running", site.Second), ((await site.GetAsync("vm-wait")).Text("state"), (await site.GetAsync("vm-wait")).Text("hostId")));
        await Ledger.IsExactAsync(site.Server);
    }

    [Fact]
    public async Task A_host_that_comes_back_has_stopped_what_it_must_and_is_cleared_of_what_was_given_away()
    {
        await using var site = await TwoHosts.StartAsync();
        await site.VmAsync("vm-restart", "Restart", site.First);
        await site.VmAsync("vm-wait", "Wait", site.First);

        // Frozen, it is cut off; its guests are frozen with it. When it goes on, its lease has long ended.
        await site.FirstAgent.SignalAsync("STOP");
        await Eventually.GetAsync("vm-restart runs elsewhere", () => site.GetAsync("vm-restart"), v => v.Text("state") is "Running" && v.Text("hostId") == site.Second, Patience);
        await site.FirstAgent.SignalAsync("CONT");

        await Eventually.GetAsync("vm-wait is found", () => site.GetAsync("vm-wait"), v => v.Text("state") is "Running", Patience);
        await Eventually.GetAsync("the stray is cleared", () => site.EventsAsync("vm-restart"), e => e[^1] is "vm.stray-cleared/1", Patience);
        Assert.Contains("The lease has ended: stopping vm-restart", site.FirstAgent.Output, StringComparison.Ordinal);
        var kept = await site.GetAsync("vm-restart");
        Assert.Equal(("Running", site.Second), (kept.Text("state"), kept.Text("hostId")));
        await Ledger.IsExactAsync(site.Server);
    }

    [Fact]
    public async Task A_guest_that_vanished_from_a_host_is_noticed_and_can_be_stopped_and_started()
    {
        await using var site = await TwoHosts.StartAsync();
        await site.VmAsync("vm-wait", "Wait", site.First);

        // What an agent simulates ends with its process, as guests do when their host loses power.
        site.FirstAgent.Kill();
        await site.FirstBackAsync();

        var missing = await Eventually.GetAsync("vm-wait is Unknown", () => site.GetAsync("vm-wait"), v => v.Text("state") is "Unknown", Patience);
        Assert.NotNull(missing.Text("unknownSince"));
        await site.Admin.DoAsync(site.Admin.PostAsync("/v1/vms/vm-wait/stop"));
        await site.Admin.DoAsync(site.Admin.PostAsync("/v1/vms/vm-wait/start"));
        Assert.Equal(("Running", null), ((await site.GetAsync("vm-wait")).Text("state"), (await site.GetAsync("vm-wait")).Text("unknownSince")));
        await Ledger.IsExactAsync(site.Server);
    }
}
