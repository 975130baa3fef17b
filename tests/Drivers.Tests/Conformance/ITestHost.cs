using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Drivers.Simulator;

namespace IaaS.Drivers.Tests.Conformance;

/// <summary>A host whose drivers are held to their contracts, and what the tests look at behind their backs.</summary>
public interface ITestHost
{
    HostDrivers Drivers { get; }
    string StoragePath { get; }
    string Image { get; }
    string Bridge { get; }

    bool HasDisk(VolumeId volume);

    /// <summary>What a running guest has beside its root disk.</summary>
    Task<IReadOnlyList<VolumeId>> DisksAsync(VmId vm);

    /// <summary>The addresses of the NICs that a running guest has, as its hardware says them.</summary>
    Task<IReadOnlyList<string>> MacsAsync(VmId vm);

    /// <summary>Waits until the guest of a VM that runs has come up so many times in all.</summary>
    Task UntilBootedAsync(VmId vm, int times);

    /// <summary>How often the guest has come up so far.</summary>
    int Boots(VmId vm);
}

public sealed class SimulatedTestHost : ITestHost
{
    private readonly SimulatedWorld world = Given.World();

    public SimulatedTestHost() => Drivers = Given.Drivers(world);

    public HostDrivers Drivers { get; }
    public string StoragePath => "";
    public string Image => "/images/any.qcow2";
    public string Bridge => "br-test";

    public bool HasDisk(VolumeId volume) => world.Host(Given.Host).Disks.Contains(volume);

    public Task<IReadOnlyList<VolumeId>> DisksAsync(VmId vm) =>
        Task.FromResult<IReadOnlyList<VolumeId>>([.. (world.Host(Given.Host).Domains[vm].Spec.Disks ?? []).Select(d => d.Volume)]);

    public Task<IReadOnlyList<string>> MacsAsync(VmId vm) =>
        Task.FromResult<IReadOnlyList<string>>([.. world.Host(Given.Host).Domains[vm].Spec.Nics.Select(n => n.Mac)]);

    public Task UntilBootedAsync(VmId vm, int times)
    {
        Assert.Equal(times, Boots(vm));
        return Task.CompletedTask;
    }

    public int Boots(VmId vm) => world.Host(Given.Host).Domains[vm].Boots;
}
