using CsCheck;
using IaaS.Commands.Kernel;
using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;
using IaaS.Projections.Host;

namespace IaaS.Commands.Tests;

public sealed class PlacementTests
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public void The_index_finds_a_host_if_and_only_if_a_scan_does_and_refuses_in_the_same_words()
    {
        Gen.Select(Gen.Select(Gen.Int[0, 15], Gen.Int[0, 63], Gen.Int[1, 9]).Array[1, 60], Gen.Int[0, int.MaxValue]).Sample((changes, seed) =>
        {
            var cloud = RandomCloud.New();
            var chance = new SeededChance(seed);
            foreach (var (kind, which, amount) in changes) RandomCloud.Change(cloud, kind, which, amount);
            var later = cloud.NewMap();
            for (var i = 0; i < 20; i++)
            {
                var request = RandomCloud.Request(cloud, chance);
                var refused = RandomCloud.Refused(cloud, chance, request);
                Compare(cloud, new Placer(cloud.Map, CloudOfTables.Filters, [new BalanceWeigher()], chance), request, refused, []);
                Compare(cloud, new Placer(later, CloudOfTables.Filters, [new BalanceWeigher()], chance), request, refused, []);
                Compare(cloud, cloud.NewPlacer(chance, new OddNames()), request, refused, [new OddNames()]);
                CompareReach(cloud, request);
            }
        }, iter: 400, threads: 1);
    }

    [Fact]
    public void A_cloud_filled_by_the_index_is_as_even_as_one_filled_by_looking_at_all_hosts()
    {
        var cloud = new CloudOfTables();
        Fill(cloud, hosts: 400);
        var placer = cloud.NewPlacer(new SeededChance(7));
        PlaceVm request = Plain(4, 8.GiB);
        for (var i = 0; i < 400 * 11; i++) Reserve(cloud, placer, request, i);

        var shares = cloud.Hosts.Select(h => h.UsedCpus / (double)h.Cpus).ToList();
        Assert.InRange(shares.Max() - shares.Average(), 0, 0.15);
        Assert.InRange(Math.Sqrt(shares.Average(s => (s - shares.Average()) * (s - shares.Average()))), 0, 0.05);
    }

    [Fact]
    public void Hundreds_of_decisions_before_the_first_reservation_do_not_fall_on_few_hosts()
    {
        var cloud = new CloudOfTables();
        Fill(cloud, hosts: 400);
        var placer = cloud.NewPlacer(new SeededChance(7));
        var most = Enumerable.Range(0, 400).Select(_ => Site.Read(((Choice.Made)placer.Choose(Plain(4, 8.GiB), None)).Value).Host).CountBy(h => h).Max(h => h.Value);
        Assert.InRange(most, 1, 10);
    }

    [Fact]
    public void Places_are_filled_to_the_last()
    {
        var cloud = new CloudOfTables();
        Fill(cloud, hosts: 50);
        var placer = cloud.NewPlacer(new SeededChance(1));
        for (var i = 0; i < 50 * 16; i++) Reserve(cloud, placer, Plain(4, 8.GiB), i);
        var refusal = Assert.IsType<Choice.None>(placer.Choose(Plain(4, 8.GiB), None));
        Assert.Contains("the filter 'capacity' left none of 50 (50 hosts, 50 after designated", refusal.Why.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_chance_makes_the_same_choices()
    {
        Assert.Equal(Choices(), Choices());

        static List<string> Choices()
        {
            var cloud = new CloudOfTables();
            Fill(cloud, hosts: 100);
            var placer = cloud.NewPlacer(new SeededChance(3));
            return [.. Enumerable.Range(0, 500).Select(i => Reserve(cloud, placer, Plain(2, 4.GiB), i))];
        }
    }

    [Fact]
    public async Task Many_threads_choose_while_hosts_change_and_the_index_is_right_after()
    {
        var cloud = new CloudOfTables();
        Fill(cloud, hosts: 100);
        using var ended = new CancellationTokenSource();
        var threads = Enumerable.Range(0, 3).Select(seed => Task.Factory.StartNew(() =>
        {
            var placer = cloud.NewPlacer(new SeededChance(seed));
            while (!ended.IsCancellationRequested) Assert.IsType<Choice.Made>(placer.Choose(Plain(4, 8.GiB), None));
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var writer = cloud.NewPlacer(new SeededChance(9));
        for (var i = 0; i < 1_000; i++)
        {
            Reserve(cloud, writer, Plain(4, 8.GiB), i);
            // The only storage of them all: whoever looks while it changes must find it.
            cloud.Happens("storage-1", new SpaceAllocated($"volume-{i}", new Bytes(1)));
            cloud.Happens($"host-{i % 50}", i / 50 % 2 == 0 ? new ResourceDisabled() : new ResourceEnabled());
        }

        await ended.CancelAsync();
        await Task.WhenAll(threads);
        for (var i = 0; i < 100; i++) Compare(cloud, writer, Plain(i, 8.GiB), None, []);
    }

    private static PlaceVm Plain(int cpus, Bytes memory) => new("vm-1", cpus, memory, 1.GiB, [], null, null, null, null, null);

    private static void Fill(CloudOfTables cloud, int hosts)
    {
        cloud.AddZone("zone-1");
        cloud.AddCluster("cluster-1", "zone-1");
        cloud.AddStorage("storage-1", "zone-1", 1024.GiB);
        for (var i = 0; i < hosts; i++) cloud.AddHost($"host-{i}", "zone-1", "cluster-1", 64, 128.GiB);
    }

    private static string Reserve(CloudOfTables cloud, Placer placer, PlaceVm request, int number)
    {
        var made = Assert.IsType<Choice.Made>(placer.Choose(request, None));
        var host = Site.Read(made.Value).Host.Value;
        cloud.Happens(host, new CapacityReserved($"vm-{number}", request.Cpus, request.Memory));
        return host;
    }

    private static void Compare(CloudOfTables cloud, Placer placer, PlaceVm request, IReadOnlySet<string> refused, IReadOnlyList<IHostFilter> more)
    {
        var (fitting, story) = Naive.Scan(cloud, [.. CloudOfTables.Filters, .. more], request, refused);
        switch (placer.Choose(request, refused))
        {
            case Choice.Made made:
                Assert.Contains(Site.Read(made.Value).Host.Value, fitting);
                break;
            case Choice.None none:
                Assert.Empty(fitting);
                Assert.Equal(story, none.Why.Detail);
                break;
        }
    }

    private static void CompareReach(CloudOfTables cloud, PlaceVm request)
    {
        List<StorageId> disks = [.. request.Volumes ?? [], new("storage-1")];
        var together = cloud.Hosts.Any(h => cloud.Map.ReachesAll(h, disks));
        Assert.Equal(together, new TogetherReacher(cloud.Map).Choose(new(disks, null), None) is Choice.Made);
        var networked = cloud.Hosts.Any(h => cloud.Map.ReachesAll(h, disks) && cloud.Map.Reaches(h, new L3Id("l3-1")) && request.Networks.All(n => cloud.Map.Reaches(h, n)));
        Assert.Equal(networked, new NetworkReacher(cloud.Map).Choose(new(new("l3-1"), null, request.Networks, disks), None) is Choice.Made);
        foreach (var storage in cloud.Storages)
        {
            var connected = cloud.Hosts.FirstOrDefault(h => Naive.IsConnected(h) && cloud.Map.Reaches(h, new StorageId(storage.Id)));
            Assert.Equal(connected?.Id, cloud.Map.ConnectedTo(new(storage.Id))?.Id);
            Assert.Equal(Naive.Maker(cloud, storage), cloud.Map.MakerFor(storage)?.Id);
        }

        var placed = new VolumePlacer(cloud.Map).Choose(new("volume-1", request.Disk, request.Zone, null), None);
        Assert.Equal(Naive.VolumeStorage(cloud, request), placed is Choice.Made made ? Site.Read(made.Value).Storage.Value : null);
    }
}

/// <summary>A filter that the index knows nothing of.</summary>
public sealed class OddNames : IHostFilter
{
    public string Name => "odd";
    public int Order => 35;
    public bool Passes(HostView host, PlaceVm request, CloudMap map) => (host.Id[^1] - '0') % 2 == 1;
}
