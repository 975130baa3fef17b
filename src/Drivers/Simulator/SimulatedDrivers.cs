using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Simulator;

/// <summary>Domains in memory. One instance serves every host of its world.</summary>
[Driver("hypervisor", "simulator")]
public sealed class SimulatedHypervisor(SimulatedWorld world) : IHypervisor, ICanPause, ICanMigrate, ICanHotplug, ICanHotplugNics
{
    public Task<Outcome> EnsureRunningAsync(EnsureRunning wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureStoppedAsync(EnsureStopped wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureRebootedAsync(EnsureRebooted wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureAbsentAsync(EnsureAbsent wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsurePausedAsync(EnsurePaused wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureResumedAsync(EnsureResumed wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureMigratedAsync(EnsureMigrated wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureNotMigratedAsync(EnsureNotMigrated wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureAttachedAsync(EnsureAttached wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureDetachedAsync(EnsureDetached wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureNicAttachedAsync(EnsureNicAttached wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureNicDetachedAsync(EnsureNicDetached wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<HostFacts> InspectAsync(HostId host, CancellationToken ct) =>
        Task.FromResult(new HostFacts(host.Value, world.Options.Cpus, world.Options.Memory, "simulator"));

    public Task<IReadOnlyList<FoundDomain>> ListAsync(HostId host, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<FoundDomain>>(
            [.. world.Host(host).Domains.Select(d => new FoundDomain(d.Key.Value, Ours: true, d.Value.Running, d.Value.Spec.Leased, d.Value.Paused))]);
}

/// <summary>Disks in memory.</summary>
[Driver("storage", "simulator")]
public sealed class SimulatedStorage(SimulatedWorld world) : IStorage, ICanSnapshot, ICanMakeImages
{
    public Task<Outcome> EnsureDiskAsync(EnsureDisk wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureDiskAbsentAsync(EnsureDiskAbsent wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureSnapshotAsync(EnsureSnapshot wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureSnapshotAbsentAsync(EnsureSnapshotAbsent wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureRevertedAsync(EnsureReverted wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureImageAsync(EnsureImage wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureImageAbsentAsync(EnsureImageAbsent wish, CancellationToken ct) => world.PerformAsync(wish, ct);
}

/// <summary>NICs in memory.</summary>
[Driver("network", "simulator")]
public sealed class SimulatedNetwork(SimulatedWorld world) : INetwork
{
    public Task<Outcome> EnsureNicAsync(EnsureNic wish, CancellationToken ct) => world.PerformAsync(wish, ct);

    public Task<Outcome> EnsureNicAbsentAsync(EnsureNicAbsent wish, CancellationToken ct) => world.PerformAsync(wish, ct);
}
