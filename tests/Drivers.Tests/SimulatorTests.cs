using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Drivers.Simulator;
using Microsoft.Extensions.Time.Testing;

namespace IaaS.Drivers.Tests;

public sealed class SimulatorTests
{
    private readonly VmSpec spec = Given.Spec();

    [Fact]
    public async Task The_nth_wish_fails_without_effect_and_the_next_succeeds()
    {
        var world = WithFaults(new SimulatorFaults { Fail = [1] });
        Given.AssertFailed("simulator.fault", await Given.Drivers(world).PerformAsync(Given.Disk(spec), CancellationToken.None));
        Assert.Empty(world.Host(Given.Host).Disks);
        await Given.Drivers(world).DoneAsync(Given.Disk(spec));
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_effect_behind()
    {
        var world = WithFaults(new SimulatorFaults { LoseAnswerProbability = 1 });
        Given.AssertFailed("host.no-answer", await Given.Drivers(world).PerformAsync(Given.Disk(spec), CancellationToken.None));
        Assert.Single(world.Host(Given.Host).Disks);
    }

    [Fact]
    public async Task A_delay_passes_on_the_clock_that_is_given()
    {
        var time = new FakeTimeProvider();
        var world = WithFaults(new SimulatorFaults { Delay = TimeSpan.FromMinutes(5), Jitter = TimeSpan.FromMinutes(2) }, time);
        var asked = Given.Drivers(world).PerformAsync(Given.Disk(spec), CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(5.9));
        Assert.Empty(world.Host(Given.Host).Disks);
        time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.IsType<Outcome.Done>(await asked);
    }

    [Fact]
    public void Without_delay_a_wish_is_carried_out_before_the_call_returns()
    {
        var asked = Given.Drivers(Given.World()).PerformAsync(Given.Disk(spec), CancellationToken.None);
        Assert.True(asked.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_host_that_lost_power_has_its_domains_and_none_of_them_runs()
    {
        var world = Given.World();
        await Given.Drivers(world).DoneAsync(Given.Disk(spec));
        await Given.Drivers(world).DoneAsync(new EnsureRunning(Given.Host, spec));
        world.Host(Given.Host).PowerCycle();
        Assert.False(world.Host(Given.Host).Domains[spec.Vm].Running);
        world.Host(Given.Host).Reachable = false;
        Given.AssertFailed("host.not-connected", await Given.Drivers(world).PerformAsync(new EnsureRunning(Given.Host, spec), CancellationToken.None));
    }

    [Fact]
    public async Task What_a_forgetful_world_has_never_heard_of_is_taken_to_be_there()
    {
        Given.AssertFailed("disk.missing", await Given.Drivers(Given.World()).PerformAsync(new EnsureRunning(Given.Host, spec), CancellationToken.None));
        var world = Given.World(new SimulatorOptions { Forgetful = true });
        await Given.Drivers(world).DoneAsync(new EnsurePaused(Given.Host, spec.Vm));
        await Given.Drivers(world).DoneAsync(new EnsureMigrated(Given.Host, new("host-2"), spec));
        Assert.True(world.Host(new("host-2")).Domains[spec.Vm].Running);
        await Given.Drivers(world).DoneAsync(new EnsureRunning(Given.Host, spec));
        Assert.True(world.Host(Given.Host).Domains[spec.Vm].Running);
    }

    private static SimulatedWorld WithFaults(SimulatorFaults faults, TimeProvider? time = null) => Given.World(
        new SimulatorOptions { Forgetful = false, Faults = new Dictionary<string, SimulatorFaults>(StringComparer.Ordinal) { ["EnsureDisk"] = faults } }, time);
}
