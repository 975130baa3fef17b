using System.Globalization;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Drivers.Simulator;

namespace IaaS.Drivers.Tests;

/// <summary>Wishes for tests, and waiting for what must come.</summary>
internal static class Given
{
    public static readonly HostId Host = new("host-1");
    private static int count;

    /// <summary>A name that no other test of this machine uses.</summary>
    public static string Unique(string kind) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}-t{Environment.ProcessId}-{Interlocked.Increment(ref count)}");

    public static NicSpec Nic(string bridge = "br-test") =>
        new(Unique("nic"), "52:54:00:00:77:02", "10.213.77.2", 24, bridge, null, null);

    public static VmSpec Spec(VmId? vm = null, string storage = "", params IReadOnlyList<NicSpec> nics) =>
        new(vm ?? new VmId(Unique("vm")), "web", 1, 128.MiB, new VolumeId(Unique("volume")), storage, nics);

    public static EnsureDisk Disk(VmSpec spec, string image = "/images/any.qcow2") =>
        new(Host, spec.RootVolume, spec.StoragePath, "image-test", image, 1.GiB);

    public static SimulatedWorld World(SimulatorOptions? options = null, TimeProvider? time = null, Func<double>? chance = null) =>
        new(options ?? new SimulatorOptions { Forgetful = false }, time ?? TimeProvider.System, chance ?? (() => 0.5));

    public static HostDrivers Drivers(SimulatedWorld world) =>
        new(new SimulatedHypervisor(world), new SimulatedStorage(world), new SimulatedNetwork(world));

    public static async Task<Outcome> DoneAsync(this HostDrivers drivers, Wish wish)
    {
        var outcome = await drivers.PerformAsync(wish, CancellationToken.None);
        Assert.True(outcome is Outcome.Done, $"{wish} came to {outcome}");
        return outcome;
    }

    public static void AssertFailed(string code, Outcome outcome) => Assert.Equal(code, Assert.IsType<Outcome.Failed>(outcome).Error.Code);

    /// <summary>Waits until something holds; fails saying what did not.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what, int seconds = 20)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!holds())
        {
            Assert.False(late.IsCancellationRequested, $"Waited {seconds} s in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
