using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Tests.Conformance;

/// <summary>Holds for every storage driver.</summary>
public abstract class StorageConformance(ITestHost host)
{
    [Fact]
    public async Task A_disk_is_made_once_and_goes_however_often_that_is_wished()
    {
        var wish = Given.Disk(Given.Spec(storage: host.StoragePath), host.Image);
        var first = await host.Drivers.DoneAsync(wish);
        Assert.Equal(first, await host.Drivers.DoneAsync(wish));
        Assert.True(host.HasDisk(wish.Volume));

        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, wish.Volume, wish.StoragePath));
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, wish.Volume, wish.StoragePath));
        Assert.False(host.HasDisk(wish.Volume));
    }

    [Fact]
    public async Task Disks_of_one_image_that_are_wished_at_once_are_all_made()
    {
        var wishes = Enumerable.Range(0, 4).Select(_ => Given.Disk(Given.Spec(storage: host.StoragePath), host.Image)).ToList();
        var outcomes = await Task.WhenAll(wishes.Select(w => host.Drivers.PerformAsync(w, CancellationToken.None)));
        Assert.All(outcomes, o => Assert.IsType<Outcome.Done>(o));
        Assert.All(wishes, w => Assert.True(host.HasDisk(w.Volume)));
        foreach (var wish in wishes) await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, wish.Volume, wish.StoragePath));
    }

    [Fact]
    public async Task A_snapshot_is_taken_reverted_to_and_forgotten_however_often_that_is_wished()
    {
        var (volume, snapshot) = (new VolumeId(Given.Unique("volume")), new SnapshotId(Given.Unique("snapshot")));
        var revert = new EnsureReverted(Given.Host, volume, host.StoragePath, snapshot);
        var take = new EnsureSnapshot(Given.Host, volume, host.StoragePath, snapshot);
        var forget = new EnsureSnapshotAbsent(Given.Host, volume, host.StoragePath, snapshot);
        Given.AssertFailed("disk.missing", await host.Drivers.PerformAsync(take, CancellationToken.None));
        await host.Drivers.DoneAsync(forget);
        await host.Drivers.DoneAsync(EnsureDisk.Empty(Given.Host, volume, host.StoragePath, 64.MiB));
        Given.AssertFailed("snapshot.missing", await host.Drivers.PerformAsync(revert, CancellationToken.None));

        foreach (var wish in (Wish[])[take, take, revert, revert, forget, forget]) await host.Drivers.DoneAsync(wish);

        Given.AssertFailed("snapshot.missing", await host.Drivers.PerformAsync(revert, CancellationToken.None));
        await host.Drivers.DoneAsync(take);
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, volume, host.StoragePath));
        Given.AssertFailed("disk.missing", await host.Drivers.PerformAsync(take, CancellationToken.None));
    }

    [Fact]
    public async Task An_image_is_made_of_a_disk_once_and_disks_are_made_of_it_that_stay_when_it_goes()
    {
        var (volume, image) = (new VolumeId(Given.Unique("volume")), new ImageId(Given.Unique("image")));
        var make = new EnsureImage(Given.Host, volume, host.StoragePath, image);
        var forget = new EnsureImageAbsent(Given.Host, host.StoragePath, image);
        var disk = Given.Disk(Given.Spec(storage: host.StoragePath), ImageOnStorage.Location(new("storage-1"), image)) with { ImageId = image.Value };
        Given.AssertFailed("disk.missing", await host.Drivers.PerformAsync(make, CancellationToken.None));
        await host.Drivers.DoneAsync(forget);
        Given.AssertFailed("image.not-found", await host.Drivers.PerformAsync(disk, CancellationToken.None));
        await host.Drivers.DoneAsync(EnsureDisk.Empty(Given.Host, volume, host.StoragePath, 64.MiB));

        foreach (var wish in (Wish[])[make, make]) await host.Drivers.DoneAsync(wish);
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, volume, host.StoragePath));
        foreach (var wish in (Wish[])[make, disk, disk, forget, forget, disk]) await host.Drivers.DoneAsync(wish);

        Assert.True(host.HasDisk(disk.Volume));
        Given.AssertFailed("disk.missing", await host.Drivers.PerformAsync(make, CancellationToken.None));
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, disk.Volume, disk.StoragePath));
    }
}

/// <summary>Holds for every network driver.</summary>
public abstract class NetworkConformance(ITestHost host)
{
    [Fact]
    public async Task A_nic_is_there_and_goes_however_often_that_is_wished()
    {
        var nic = Given.Nic(host.Bridge);
        var vm = new VmId(Given.Unique("vm"));
        await host.Drivers.DoneAsync(new EnsureNic(Given.Host, vm, nic));
        await host.Drivers.DoneAsync(new EnsureNic(Given.Host, vm, nic));
        await host.Drivers.DoneAsync(new EnsureNicAbsent(Given.Host, vm, nic.Id));
        await host.Drivers.DoneAsync(new EnsureNicAbsent(Given.Host, vm, nic.Id));
    }
}
