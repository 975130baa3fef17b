using IaaS.Domain.Kernel;
using IaaS.Drivers.Simulator;

namespace IaaS.Drivers.Tests;

public sealed class DriverCatalogTests : IServiceProvider
{
    private static readonly string Plugins = Path.Combine(AppContext.BaseDirectory, "plugins");

    [Fact]
    public async Task A_plugin_brings_a_driver_its_settings_and_a_wish_of_its_own()
    {
        var catalog = DriverCatalog.Load([typeof(SimulatedWorld).Assembly], Plugins);
        var settings = DriverSettings.Parse("", """{"echo":{"prefix":"you said "}}""");
        var drivers = catalog.Assemble([("echo", "echo"), ("storage", "simulator")], settings, this);
        var wish = new WishJson(catalog.Assemblies).Read("EnsureEcho", """{"host":"host-1","words":"hello"}""");
        Assert.Equal(new Outcome.Done("you said hello"), await drivers.PerformAsync(wish, CancellationToken.None));
    }

    [Fact]
    public async Task Drivers_of_one_assembly_share_one_world()
    {
        var catalog = DriverCatalog.Load([typeof(SimulatedWorld).Assembly]);
        var drivers = catalog.Assemble([("hypervisor", "simulator"), ("storage", "simulator")], new DriverSettings(""), this);
        var spec = Given.Spec();
        await drivers.DoneAsync(Given.Disk(spec));
        await drivers.DoneAsync(new Domain.Vm.EnsureRunning(Given.Host, spec));
    }

    [Fact]
    public void An_unknown_driver_is_refused_with_those_that_there_are()
    {
        var refused = Assert.Throws<KeyNotFoundException>(() => DriverCatalog.Load([typeof(SimulatedWorld).Assembly]).Find("hypervisor", "xen"));
        Assert.Contains("hypervisor/simulator", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wish_that_no_driver_takes_is_an_outcome()
    {
        var wish = new Domain.Vm.EnsureAbsent(Given.Host, new("vm-1"));
        Given.AssertFailed("host.wish-not-supported", await new HostDrivers(new SimulatedStorage(Given.World())).PerformAsync(wish, CancellationToken.None));
    }

    [Fact]
    public void Every_wish_of_the_domain_survives_the_journey_and_has_a_driver()
    {
        var spec = Given.Spec(nics: Given.Nic());
        var wishes = new WishJson();
        var (type, json) = WishJson.Write(new Domain.Vm.EnsureRunning(Given.Host, spec));
        var back = Assert.IsType<Domain.Vm.EnsureRunning>(wishes.Read(type, json));
        Assert.Equal(json, WishJson.Write(back).Json);
        Assert.Equal(spec.Nics, back.Spec.Nics);

        var all = typeof(Wish).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Wish))).Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(all, Given.Drivers(Given.World()).Wishes.Select(w => w.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Outcomes_survive_the_journey()
    {
        Outcome[] outcomes = [new Outcome.Done(), new Outcome.Done("vda"), Outcome.Fail("a.b", "detail", retry: true)];
        Assert.All(outcomes, o => Assert.Equal(o, WishJson.ReadOutcome(WishJson.WriteOutcome(o))));
    }

    object? IServiceProvider.GetService(Type serviceType) =>
        serviceType == typeof(TimeProvider) ? TimeProvider.System
        : serviceType == typeof(Func<double>) ? (Func<double>)(() => 0.5)
        : null;
}
