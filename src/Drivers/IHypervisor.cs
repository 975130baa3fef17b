using System.Text.Json;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;

namespace IaaS.Drivers;

/// <summary>The least a hypervisor driver does. Every verb is a wish: idempotent on the VM's id. It never throws for what a device does.</summary>
public interface IHypervisor : IDriver
{
    Task<Outcome> EnsureRunningAsync(EnsureRunning wish, CancellationToken ct);
    Task<Outcome> EnsureStoppedAsync(EnsureStopped wish, CancellationToken ct);
    Task<Outcome> EnsureRebootedAsync(EnsureRebooted wish, CancellationToken ct);
    Task<Outcome> EnsureAbsentAsync(EnsureAbsent wish, CancellationToken ct);

    /// <summary>What the host has.</summary>
    Task<HostFacts> InspectAsync(HostId host, CancellationToken ct);

    /// <summary>The domains found on the host, the control plane's and others.</summary>
    /// <exception cref="IOException">The hypervisor does not answer. That is not an empty list.</exception>
    Task<IReadOnlyList<FoundDomain>> ListAsync(HostId host, CancellationToken ct);

    /// <summary>The same as the answer to a wish.</summary>
    async Task<Outcome> ObserveDomainsAsync(ObserveDomains wish, CancellationToken ct)
    {
        try
        {
            return new Outcome.Done(JsonSerializer.Serialize(await ListAsync(wish.Host, ct), DomainJson.Options));
        }
        catch (IOException e)
        {
            return Outcome.Fail("host.not-observed", e.Message, retry: true);
        }
    }
}

/// <summary>A hypervisor that can hold a guest where it is.</summary>
public interface ICanPause : IDriver
{
    Task<Outcome> EnsurePausedAsync(EnsurePaused wish, CancellationToken ct);
    Task<Outcome> EnsureResumedAsync(EnsureResumed wish, CancellationToken ct);
}

/// <summary>A hypervisor that can move a guest to another host while it runs.</summary>
public interface ICanMigrate : IDriver
{
    Task<Outcome> EnsureMigratedAsync(EnsureMigrated wish, CancellationToken ct);
    Task<Outcome> EnsureNotMigratedAsync(EnsureNotMigrated wish, CancellationToken ct);
}

/// <summary>A hypervisor that gives a guest disks, and takes them from it, while it runs.</summary>
public interface ICanHotplug : IDriver
{
    Task<Outcome> EnsureAttachedAsync(EnsureAttached wish, CancellationToken ct);
    Task<Outcome> EnsureDetachedAsync(EnsureDetached wish, CancellationToken ct);
}

/// <summary>A hypervisor that gives a guest NICs, and takes them from it, while it runs.</summary>
public interface ICanHotplugNics : IDriver
{
    Task<Outcome> EnsureNicAttachedAsync(EnsureNicAttached wish, CancellationToken ct);
    Task<Outcome> EnsureNicDetachedAsync(EnsureNicDetached wish, CancellationToken ct);
}

/// <summary>Makes disks.</summary>
public interface IStorage : IDriver
{
    Task<Outcome> EnsureDiskAsync(EnsureDisk wish, CancellationToken ct);
    Task<Outcome> EnsureDiskAbsentAsync(EnsureDiskAbsent wish, CancellationToken ct);
}

/// <summary>A storage that keeps what a disk held at a moment.</summary>
public interface ICanSnapshot : IDriver
{
    Task<Outcome> EnsureSnapshotAsync(EnsureSnapshot wish, CancellationToken ct);
    Task<Outcome> EnsureSnapshotAbsentAsync(EnsureSnapshotAbsent wish, CancellationToken ct);
    Task<Outcome> EnsureRevertedAsync(EnsureReverted wish, CancellationToken ct);
}

/// <summary>A storage that makes images of its disks, of which it can make disks again.</summary>
public interface ICanMakeImages : IDriver
{
    Task<Outcome> EnsureImageAsync(EnsureImage wish, CancellationToken ct);
    Task<Outcome> EnsureImageAbsentAsync(EnsureImageAbsent wish, CancellationToken ct);
}

/// <summary>Makes networks.</summary>
public interface INetwork : IDriver
{
    Task<Outcome> EnsureNicAsync(EnsureNic wish, CancellationToken ct);
    Task<Outcome> EnsureNicAbsentAsync(EnsureNicAbsent wish, CancellationToken ct);
}

/// <summary>Any driver. A class with <see cref="DriverAttribute"/> is found at start, in the assemblies of the drivers' folder.</summary>
public interface IDriver;

/// <summary>A driver that needs something before its first wish, for example a daemon that runs.</summary>
public interface IPrepared : IDriver
{
    /// <summary>Makes ready what the driver works with. May be called again.</summary>
    Task<Outcome> PrepareAsync(CancellationToken ct);
}

/// <param name="Cpus">Logical processors.</param>
/// <param name="Memory">All of the host's memory.</param>
/// <param name="Hypervisor">Name and version, for example <c>QEMU 7.2.18, libvirt 9.0.0, emulation</c>.</param>
public sealed record HostFacts(string HostName, int Cpus, Bytes Memory, string Hypervisor);

/// <summary>A hypervisor whose domains go on when the agent's process ends. What runs by lease needs a guard of its own there.</summary>
public interface IOutlivesAgent : IDriver;

/// <summary>Names a driver, so that it is found in its own assembly and nothing else is edited.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DriverAttribute(string kind, string name) : Attribute
{
    /// <summary><c>hypervisor</c>, <c>storage</c> or <c>network</c>.</summary>
    public string Kind { get; } = kind;

    /// <summary>For example <c>kvm</c>, <c>simulator</c>, <c>local</c>, <c>linux-bridge</c>.</summary>
    public string Name { get; } = name;
}
