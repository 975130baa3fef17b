using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Tests.Conformance;

/// <summary>Holds for every hypervisor driver.</summary>
public abstract class HypervisorConformance(ITestHost host)
{
    [Fact]
    public async Task A_vm_runs_stops_and_goes_however_often_that_is_wished()
    {
        var spec = await WithDiskAsync();
        try
        {
            await TwiceAsync(new EnsureRunning(Given.Host, spec));
            Assert.Equal((true, true), await FindAsync(spec.Vm));

            await TwiceAsync(new EnsureStopped(Given.Host, spec.Vm, Force: true));
            Assert.Equal((true, false), await FindAsync(spec.Vm));
            Assert.True(host.HasDisk(spec.RootVolume));

            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            Assert.Equal((true, true), await FindAsync(spec.Vm));

            await TwiceAsync(new EnsureAbsent(Given.Host, spec.Vm));
            Assert.Null(await FindAsync(spec.Vm));
        }
        finally
        {
            await CleanAsync(spec);
        }
    }

    [Fact]
    public async Task A_reboot_happens_once_for_its_task()
    {
        var spec = await WithDiskAsync();
        try
        {
            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            await host.UntilBootedAsync(spec.Vm, 1);

            await host.Drivers.DoneAsync(new EnsureRebooted(Given.Host, spec, "task-1"));
            await host.UntilBootedAsync(spec.Vm, 2);
            await host.Drivers.DoneAsync(new EnsureRebooted(Given.Host, spec, "task-1"));

            Assert.Equal((true, true), await FindAsync(spec.Vm));
            Assert.Equal(2, host.Boots(spec.Vm));
        }
        finally
        {
            await CleanAsync(spec);
        }
    }

    [Fact]
    public async Task A_guest_gets_a_disk_and_loses_it_while_it_runs_however_often_that_is_wished()
    {
        var spec = await WithDiskAsync();
        var disk = new DiskSpec(new VolumeId(Given.Unique("volume")), spec.StoragePath, Slot: 3);
        try
        {
            await TwiceAsync(EnsureDisk.Empty(Given.Host, disk.Volume, disk.StoragePath, 64.MiB));
            Given.AssertFailed("vm.not-running", await host.Drivers.PerformAsync(new EnsureAttached(Given.Host, spec.Vm, disk), CancellationToken.None));
            await TwiceAsync(new EnsureDetached(Given.Host, spec.Vm, disk));

            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            await TwiceAsync(new EnsureAttached(Given.Host, spec.Vm, disk));
            Assert.Equal([disk.Volume], await host.DisksAsync(spec.Vm));

            // What it is started with and what it is given is one thing.
            await host.Drivers.DoneAsync(new EnsureRebooted(Given.Host, spec with { Disks = [disk] }, "task-1"));
            Assert.Equal([disk.Volume], await host.DisksAsync(spec.Vm));

            await TwiceAsync(new EnsureDetached(Given.Host, spec.Vm, disk));
            Assert.Empty(await host.DisksAsync(spec.Vm));
            Assert.Equal((true, true), await FindAsync(spec.Vm));
        }
        finally
        {
            await CleanAsync(spec);
            await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, disk.Volume, disk.StoragePath));
        }
    }

    [Fact]
    public async Task A_guest_gets_nics_and_loses_them_while_it_runs_however_often_that_is_wished()
    {
        var spec = await WithDiskAsync();
        var first = spec.Nics[0];
        NicSpec[] more = [.. Enumerable.Range(10, VmNic.Most - 1).Select(n => Given.Nic(host.Bridge) with { Mac = $"52:54:00:00:77:{n}", Address = $"10.213.77.{n}" })];
        try
        {
            foreach (var nic in more) await host.Drivers.DoneAsync(new EnsureNic(Given.Host, spec.Vm, nic));
            await TwiceAsync(new EnsureNicDetached(Given.Host, spec.Vm, more[0].Id, more[0].Mac));
            Given.AssertFailed("vm.not-running", await host.Drivers.PerformAsync(new EnsureNicAttached(Given.Host, spec.Vm, more[0]), CancellationToken.None));
            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            await host.UntilBootedAsync(spec.Vm, 1);

            // As many as a VM may have.
            foreach (var nic in more) await TwiceAsync(new EnsureNicAttached(Given.Host, spec.Vm, nic));
            Assert.Equal([first.Mac, .. more.Select(n => n.Mac)], await host.MacsAsync(spec.Vm));

            // The last may go, too.
            foreach (var nic in more[1..].Append(first)) await TwiceAsync(new EnsureNicDetached(Given.Host, spec.Vm, nic.Id, nic.Mac));
            Assert.Equal([more[0].Mac], await host.MacsAsync(spec.Vm));

            // What it is started with and what it is given is one thing.
            await host.Drivers.DoneAsync(new EnsureRebooted(Given.Host, spec with { Nics = [more[0]] }, "task-1"));
            Assert.Equal([more[0].Mac], await host.MacsAsync(spec.Vm));
            Assert.Equal((true, true), await FindAsync(spec.Vm));
        }
        finally
        {
            await CleanAsync(spec);
            foreach (var nic in more) await host.Drivers.DoneAsync(new EnsureNicAbsent(Given.Host, spec.Vm, nic.Id));
        }
    }

    [Fact]
    public async Task A_guest_that_is_held_runs_still_and_goes_on_when_it_may()
    {
        var spec = await WithDiskAsync();
        try
        {
            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            await host.UntilBootedAsync(spec.Vm, 1);

            await TwiceAsync(new EnsurePaused(Given.Host, spec.Vm));
            Assert.Equal((true, true), await FindAsync(spec.Vm));
            Assert.True(await IsPausedAsync(spec.Vm));
            await TwiceAsync(new EnsureResumed(Given.Host, spec.Vm));
            Assert.False(await IsPausedAsync(spec.Vm));

            Assert.Equal(1, host.Boots(spec.Vm));
            await host.Drivers.DoneAsync(new EnsureStopped(Given.Host, spec.Vm, Force: true));
            Given.AssertFailed("vm.not-running", await host.Drivers.PerformAsync(new EnsurePaused(Given.Host, spec.Vm), CancellationToken.None));
            await TwiceAsync(new EnsureResumed(Given.Host, spec.Vm, IfItRuns: true));
            Assert.Equal((true, false), await FindAsync(spec.Vm));
        }
        finally
        {
            await CleanAsync(spec);
        }
    }

    [Fact]
    public async Task What_never_was_is_stopped_and_absent_already()
    {
        var vm = new VmId(Given.Unique("vm"));
        await host.Drivers.DoneAsync(new EnsureStopped(Given.Host, vm, Force: false));
        await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, vm));
    }

    [Fact]
    public async Task Without_its_disk_a_vm_does_not_start_and_says_why()
    {
        var spec = Given.Spec(storage: host.StoragePath);
        Given.AssertFailed("disk.missing", await host.Drivers.PerformAsync(new EnsureRunning(Given.Host, spec), CancellationToken.None));
        Assert.Null(await FindAsync(spec.Vm));
    }

    [Fact]
    public async Task A_host_says_what_it_has()
    {
        var facts = await host.Drivers.InspectAsync(Given.Host, CancellationToken.None);
        Assert.True(facts is { Cpus: > 0, Memory.Value: > 0, Hypervisor.Length: > 0, HostName.Length: > 0 }, facts.ToString());
    }

    private async Task<VmSpec> WithDiskAsync()
    {
        var spec = Given.Spec(storage: host.StoragePath, nics: Given.Nic(host.Bridge));
        await host.Drivers.DoneAsync(Given.Disk(spec, host.Image));
        await host.Drivers.DoneAsync(new EnsureNic(Given.Host, spec.Vm, spec.Nics[0]));
        return spec;
    }

    private async Task CleanAsync(VmSpec spec)
    {
        await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, spec.Vm));
        await host.Drivers.DoneAsync(new EnsureNicAbsent(Given.Host, spec.Vm, spec.Nics[0].Id));
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, spec.RootVolume, spec.StoragePath));
    }

    private async Task TwiceAsync(Domain.Kernel.Wish wish)
    {
        await host.Drivers.DoneAsync(wish);
        await host.Drivers.DoneAsync(wish);
    }

    private async Task<bool> IsPausedAsync(VmId vm) =>
        (await host.Drivers.Get<IHypervisor>()!.ListAsync(Given.Host, CancellationToken.None)).Single(d => d.Vm == vm.Value).Paused;

    private async Task<(bool Ours, bool Running)?> FindAsync(VmId vm)
    {
        var found = await host.Drivers.Get<IHypervisor>()!.ListAsync(Given.Host, CancellationToken.None);
        return found.Where(d => d.Vm == vm.Value).Select(d => ((bool, bool)?)(d.Ours, d.Running)).SingleOrDefault();
    }
}
