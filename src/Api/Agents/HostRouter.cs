using IaaS.Agents.Gateway;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Drivers;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Agents;

/// <summary>Brings a wish to its host: a simulated one is in this process, any other behind its agent.</summary>
public sealed class HostRouter(LiveTable<HostView> hosts, LocalHosts local, ConnectedAgents agents) : IDrivers
{
    public Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct) => hosts.Find(wish.Host.Value) switch
    {
        { Driver: LocalHosts.Driver } => local.PerformAsync(wish, ct),
        not null => agents.PerformAsync(task, wish, ct),
        // A host can be removed only when nothing is on it: what is asked to be gone is gone.
        null => Task.FromResult(Outcome.Fail("host.not-found", $"There is no host {wish.Host}.")),
    };
}

/// <summary>The simulated hosts: drivers like any others, found in their own assembly, made by configuration.</summary>
public sealed class LocalHosts
{
    /// <summary>The name of the driver whose hosts are in this process.</summary>
    public const string Driver = "simulator";

    private readonly HostDrivers drivers;

    public LocalHosts(DriverCatalog catalog, DriverSettings settings, IServiceProvider services) =>
        drivers = catalog.Assemble([("hypervisor", Driver), ("storage", Driver), ("network", Driver)], settings, services);

    public Task<Outcome> PerformAsync(Wish wish, CancellationToken ct) => drivers.PerformAsync(wish, ct);
}
