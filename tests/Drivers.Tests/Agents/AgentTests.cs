using Grpc.Core;
using Grpc.Net.Client;
using IaaS.Agent;
using IaaS.Agent.Contract;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Tests.Agents;

/// <summary>Agent and gateway over real gRPC on loopback.</summary>
public sealed class AgentTests : IAsyncLifetime
{
    private ControlPlaneStandIn plane = null!;
    private AgentOnTrial agent = null!;

    public async Task InitializeAsync()
    {
        plane = await ControlPlaneStandIn.StartAsync();
        agent = new AgentOnTrial(plane);
    }

    public async Task DisposeAsync()
    {
        await agent.DisposeAsync();
        await plane.DisposeAsync();
    }

    [Fact]
    public async Task A_task_is_carried_out_and_the_host_is_known_by_its_facts_and_heartbeats()
    {
        await agent.StartAsync();
        var wish = await agent.VmWithDiskAsync();
        Assert.Equal(new Outcome.Done(), await PerformAsync("task-1", wish));
        Assert.Equal(1, agent.BootsOf(wish));
        Assert.Contains("host-1 connected: rack1-07, 64 cpus, agent 0.1.0", plane.Reports);
        await Given.UntilAsync(() => plane.Reports.Contains("host-1 beats"), "a heartbeat");
    }

    [Fact]
    public async Task A_failure_arrives_with_its_code()
    {
        await agent.StartAsync();
        Given.AssertFailed("disk.missing", await PerformAsync("task-1", new Domain.Vm.EnsureRunning(Given.Host, Given.Spec())));
    }

    [Fact]
    public async Task A_task_that_is_asked_again_is_answered_and_not_carried_out_again_even_after_a_restart()
    {
        await agent.StartAsync();
        var wish = await agent.VmWithDiskAsync();
        await PerformAsync("task-1", wish);
        Assert.Equal(new Outcome.Done(), await PerformAsync("task-1", wish));
        Assert.Equal(1, agent.Hypervisor.Calls);

        await agent.KillAsync();
        await agent.StartAsync(token: null);
        Assert.Equal(new Outcome.Done(), await PerformAsync("task-1", wish));
        Assert.Equal(0, agent.Hypervisor.Calls);
    }

    [Fact]
    public async Task A_task_that_runs_is_not_begun_again()
    {
        await agent.StartAsync(hold: true);
        var wish = await agent.VmWithDiskAsync();
        using (var impatient = new CancellationTokenSource())
        {
            var first = plane.Agents.PerformAsync("task-1", wish, impatient.Token);
            await Given.UntilAsync(() => agent.Hypervisor.Calls == 1, "the effect");
            await impatient.CancelAsync();
            Given.AssertFailed("host.no-answer", await first);
        }

        var second = PerformAsync("task-1", wish);
        agent.Hypervisor.Release();
        Assert.Equal(new Outcome.Done(), await second);
        Assert.Equal(1, agent.Hypervisor.Calls);
    }

    [Fact]
    public async Task An_agent_killed_between_effect_and_answer_brings_the_result_after_its_restart()
    {
        await agent.StartAsync(hold: true);
        var wish = await agent.VmWithDiskAsync();
        var asked = PerformAsync("task-1", wish);
        await Given.UntilAsync(() => agent.Hypervisor.Calls == 1, "the effect");
        await agent.KillAsync();
        await Given.UntilAsync(() => !plane.Agents.IsConnected(Given.Host), "the loss of the agent is noticed");

        await agent.StartAsync(token: null);
        Assert.Equal(new Outcome.Done(), await asked);
        Assert.Equal(1, agent.BootsOf(wish));
        Assert.Equal(1, plane.Enrolled);
    }

    [Fact]
    public async Task A_result_found_while_the_line_is_cut_arrives_when_it_is_mended()
    {
        using var wire = new TcpRelay(plane.GrpcUrl.Port);
        plane.Dial = $"http://127.0.0.1:{wire.Port}";
        await agent.StartAsync(hold: true);
        var wish = await agent.VmWithDiskAsync();
        var asked = PerformAsync("task-1", wish);
        await Given.UntilAsync(() => agent.Hypervisor.Calls == 1, "the effect");

        wire.Cut();
        agent.Hypervisor.Release();
        await Given.UntilAsync(() => !plane.Agents.IsConnected(Given.Host), "the cut is noticed");
        Assert.False(asked.IsCompleted);
        wire.Mend();

        Assert.Equal(new Outcome.Done(), await asked);
        Assert.Equal(1, agent.Hypervisor.Calls);
    }

    [Fact]
    public async Task A_host_that_is_not_connected_is_told_at_once_and_may_be_asked_again()
    {
        var refused = Assert.IsType<Outcome.Failed>(await PerformAsync("task-1", new Domain.Vm.EnsureRunning(Given.Host, Given.Spec())));
        Assert.Equal(("host.not-connected", true), (refused.Error.Code, refused.Retry));
    }

    [Fact]
    public async Task A_wrong_secret_is_refused()
    {
        await agent.StartAsync();
        using var channel = GrpcChannel.ForAddress(plane.GrpcUrl);
        using var call = new AgentGateway.AgentGatewayClient(channel).Connect();
        await call.RequestStream.WriteAsync(new FromAgent { Hello = new Hello { HostId = "host-1", Secret = "guessed" } });
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.True(plane.Agents.IsConnected(Given.Host), "The real agent must not be thrown out by a stranger.");
    }

    [Fact]
    public async Task A_wrong_token_ends_the_agent_with_the_reason()
    {
        var refused = await Assert.ThrowsAsync<EnrolmentRefusedException>(() => agent.StartAsync(token: "guessed"));
        Assert.Contains("This token is not known.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_secret_is_readable_by_its_owner_alone()
    {
        await agent.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AgentIdentity.PathIn(agent.DataFolder)));
    }

    private async Task<Outcome> PerformAsync(string task, Wish wish)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await plane.Agents.PerformAsync(task, wish, patience.Token);
    }
}
