using System.Net;
using System.Net.NetworkInformation;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IaaS.Drivers.Tests.Conformance;

[Collection(OneKvmHost.Name)]
public sealed class KvmHypervisorTests(KvmTestHost host) : HypervisorConformance(host);

[Collection(OneKvmHost.Name)]
public sealed class KvmStorageTests(KvmTestHost host) : StorageConformance(host);

[Collection(OneKvmHost.Name)]
public sealed class KvmNetworkTests(KvmTestHost host) : NetworkConformance(host);

/// <summary>What only a real host can show.</summary>
[Collection(OneKvmHost.Name)]
public sealed class KvmHostTests(KvmTestHost host)
{
    [Fact]
    public async Task A_guest_boots_from_its_disk_knows_who_it_is_answers_on_the_network_and_shuts_down_when_asked()
    {
        var spec = Given.Spec(storage: host.StoragePath, nics: Given.Nic(host.Bridge));
        var nic = spec.Nics[0];
        await host.Drivers.DoneAsync(Given.Disk(spec, host.Image));
        await host.Drivers.DoneAsync(new EnsureNic(Given.Host, spec.Vm, nic));
        await host.JoinAsync(nic.Address);
        try
        {
            await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
            await host.UntilBootedAsync(spec.Vm, 1);
            Assert.Contains($"IAAS-GUEST id={spec.Vm} address={nic.Address}", host.Console(spec.Vm));
            await AnswersAsync(nic.Address);

            await host.Drivers.DoneAsync(new EnsureStopped(Given.Host, spec.Vm, Force: false));
            Assert.Contains(host.Console(spec.Vm), line => line.Contains("Power down", StringComparison.Ordinal));
        }
        finally
        {
            await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, spec.Vm));
            await host.Drivers.DoneAsync(new EnsureNicAbsent(Given.Host, spec.Vm, nic.Id));
            await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, spec.RootVolume, spec.StoragePath));
        }

        Assert.Empty(host.Console(spec.Vm));
    }

    [Theory]
    [InlineData("a web page", "image.not-an-image")]
    [InlineData(null, "image.not-found")]
    public async Task What_is_not_an_image_is_refused_and_leaves_nothing(string? content, string code)
    {
        var file = Path.Combine(host.DataFolder, Given.Unique("file"));
        if (content is not null) await File.WriteAllTextAsync(file, content);
        await RefusedAsync(file, code);
    }

    [Fact]
    public async Task An_image_that_refers_to_another_file_of_the_host_is_refused()
    {
        var file = Path.Combine(host.DataFolder, Given.Unique("file"));
        await KvmTestHost.RunAsync("qemu-img", "create", "-q", "-f", "qcow2", "-b", host.Image, "-F", "qcow2", file);
        await RefusedAsync(file, "image.refers-to-files");
    }

    [Fact]
    public async Task A_disk_is_not_smaller_than_its_image_and_grows_when_it_is_wished_larger()
    {
        var wish = Given.Disk(Given.Spec(storage: host.StoragePath), host.Image);
        Given.AssertFailed("disk.smaller-than-image", await host.Drivers.PerformAsync(wish with { Size = 1.MiB }, CancellationToken.None));
        await host.Drivers.DoneAsync(wish);
        var disk = Assert.IsType<Outcome.Done>(await host.Drivers.PerformAsync(wish with { Size = 2.GiB }, CancellationToken.None)).Output;
        Assert.Contains("\"virtual-size\": 2147483648", (await KvmTestHost.RunAsync("qemu-img", "info", "--output=json", disk)).Said, StringComparison.Ordinal);
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, wish.Volume, wish.StoragePath));
    }

    [Fact]
    public async Task A_disk_that_is_reverted_holds_what_it_held()
    {
        var (volume, snapshot) = (new VolumeId(Given.Unique("volume")), new SnapshotId(Given.Unique("snapshot")));
        var disk = Assert.IsType<Outcome.Done>(await host.Drivers.PerformAsync(EnsureDisk.Empty(Given.Host, volume, host.StoragePath, 64.MiB), CancellationToken.None)).Output;
        await IoAsync(disk, "write -P 17 0 64k");
        await host.Drivers.DoneAsync(new EnsureSnapshot(Given.Host, volume, host.StoragePath, snapshot));
        await IoAsync(disk, "write -P 34 0 64k");

        await host.Drivers.DoneAsync(new EnsureReverted(Given.Host, volume, host.StoragePath, snapshot));

        await IoAsync(disk, "read -P 17 0 64k");
        await host.Drivers.DoneAsync(new EnsureSnapshotAbsent(Given.Host, volume, host.StoragePath, snapshot));
        await IoAsync(disk, "read -P 17 0 64k");
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, volume, host.StoragePath));
    }

    [Fact]
    public async Task A_disk_is_neither_snapshotted_nor_reverted_while_a_guest_uses_it()
    {
        var spec = Given.Spec(storage: host.StoragePath);
        var snapshot = new SnapshotId(Given.Unique("snapshot"));
        await host.Drivers.DoneAsync(Given.Disk(spec, host.Image));
        await host.Drivers.DoneAsync(new EnsureSnapshot(Given.Host, spec.RootVolume, spec.StoragePath, snapshot));
        await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
        try
        {
            Given.AssertFailed("volume.guest-runs", await host.Drivers.PerformAsync(
                new EnsureSnapshot(Given.Host, spec.RootVolume, spec.StoragePath, new(Given.Unique("snapshot"))), CancellationToken.None));
            Given.AssertFailed("volume.guest-runs", await host.Drivers.PerformAsync(new EnsureReverted(Given.Host, spec.RootVolume, spec.StoragePath, snapshot), CancellationToken.None));
        }
        finally
        {
            await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, spec.Vm));
            await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, spec.RootVolume, spec.StoragePath));
        }
    }

    [Fact]
    public async Task A_disk_of_an_image_of_a_disk_holds_what_that_held_and_boots()
    {
        var (spec, copy, image) = (Given.Spec(storage: host.StoragePath), Given.Spec(storage: host.StoragePath), new ImageId(Given.Unique("image")));
        var disk = Assert.IsType<Outcome.Done>(await host.Drivers.PerformAsync(Given.Disk(spec, host.Image), CancellationToken.None)).Output;
        await IoAsync(disk, "write -P 17 512M 64k");
        var make = new EnsureImage(Given.Host, spec.RootVolume, spec.StoragePath, image);
        await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, spec));
        Given.AssertFailed("volume.guest-runs", await host.Drivers.PerformAsync(make, CancellationToken.None));
        await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, spec.Vm));

        await host.Drivers.DoneAsync(make);
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, spec.RootVolume, spec.StoragePath));
        var made = Given.Disk(copy, ImageOnStorage.Location(new("storage-1"), image)) with { ImageId = image.Value };
        var again = Assert.IsType<Outcome.Done>(await host.Drivers.PerformAsync(made, CancellationToken.None)).Output;
        await host.Drivers.DoneAsync(new EnsureImageAbsent(Given.Host, copy.StoragePath, image));

        await IoAsync(again, "read -P 17 512M 64k");
        await host.Drivers.DoneAsync(new EnsureRunning(Given.Host, copy));
        await host.UntilBootedAsync(copy.Vm, 1);
        await host.Drivers.DoneAsync(new EnsureAbsent(Given.Host, copy.Vm));
        await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, copy.RootVolume, copy.StoragePath));
    }

    [Fact]
    public async Task An_image_is_fetched_over_http_once_for_all_its_disks()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        await using var server = builder.Build();
        var fetched = 0;
        server.MapGet("/guest.qcow2", () =>
        {
            Interlocked.Increment(ref fetched);
            return Results.File(host.Image);
        });
        await server.StartAsync();
        var image = Given.Unique("image");
        var wishes = Enumerable.Range(0, 3)
            .Select(_ => Given.Disk(Given.Spec(storage: host.StoragePath), $"{server.Urls.First()}/guest.qcow2") with { ImageId = image })
            .ToList();
        await Task.WhenAll(wishes.Select(w => host.Drivers.DoneAsync(w)));
        Assert.Equal(1, fetched);
        Given.AssertFailed("image.not-found", await host.Drivers.PerformAsync(
            wishes[0] with { Volume = new(Given.Unique("volume")), ImageId = Given.Unique("image"), ImageLocation = $"{server.Urls.First()}/none" },
            CancellationToken.None));
        foreach (var wish in wishes) await host.Drivers.DoneAsync(new EnsureDiskAbsent(Given.Host, wish.Volume, wish.StoragePath));
    }

    [Theory]
    [InlineData("lo", null, "network.not-a-bridge")]
    [InlineData("-json", null, "network.bad-bridge-name")]
    [InlineData("br-test", 7, "network.vlan-not-supported")]
    public async Task A_bridge_that_cannot_be_is_refused(string bridge, int? vlan, string code)
    {
        var wish = new EnsureNic(Given.Host, new VmId(Given.Unique("vm")), Given.Nic(bridge) with { Vlan = vlan });
        Given.AssertFailed(code, await host.Drivers.PerformAsync(wish, CancellationToken.None));
    }

    private async Task RefusedAsync(string location, string code)
    {
        var wish = Given.Disk(Given.Spec(storage: host.StoragePath), location) with { ImageId = Given.Unique("image") };
        Given.AssertFailed(code, await host.Drivers.PerformAsync(wish, CancellationToken.None));
        Assert.False(host.HasDisk(wish.Volume));
        var images = Path.Combine(host.StoragePath, "images");
        Assert.DoesNotContain(Directory.EnumerateFiles(images), f => Path.GetFileName(f).StartsWith(wish.ImageId, StringComparison.Ordinal));
    }

    private static async Task IoAsync(string disk, string command)
    {
        var (exit, said) = await KvmTestHost.RunAsync("qemu-io", "-f", "qcow2", "-c", command, disk);
        Assert.True(exit == 0 && !said.Contains("failed", StringComparison.Ordinal), said);
    }

    private static async Task AnswersAsync(string address)
    {
        using var ping = new Ping();
        for (var attempt = 1; attempt <= 10; attempt++)
        {
            if ((await ping.SendPingAsync(IPAddress.Parse(address), 1000)).Status == IPStatus.Success) return;
        }

        Assert.Fail($"{address} does not answer ping.");
    }
}
