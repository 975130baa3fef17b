using System.Globalization;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Commands.Placement;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;
using IaaS.Projections.Cluster;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;
using IaaS.Projections.Network;
using IaaS.Projections.Storage;
using IaaS.Projections.Zone;
using Spectre.Console;

namespace IaaS.Benchmarks;

/// <summary>Placement alone, in memory: each decision is followed by its reservation, as an event to the live tables. Beside it a scan of all hosts.</summary>
internal static class PlacementBenchmark
{
    private const int PerCluster = 100;
    private static readonly HashSet<string> None = [];
    private static readonly PlaceVm Small = new("vm-1", 2, 8.GiB, 1.GiB, [], null, null, null, null, null);

    /// <param name="Microseconds">Of a decision: p50, p99, the longest.</param>
    /// <param name="Upkeep">Microseconds for one reservation: table and index.</param>
    internal sealed record Measured(string Work, string By, int Decisions, int Made, double PerSecond, IReadOnlyList<double> Microseconds, double Upkeep);

    /// <param name="InFlight">Decisions before the first of their reservations is seen.</param>
    internal sealed record Balance(string By, int Hosts, int InFlight, double Deviation, double Highest, double Mean);

    public static void Run(int hosts, bool json)
    {
        var (results, balances) = Examine(hosts);
        Print(results, balances, hosts, json);
    }

    public static (List<Measured> Results, List<Balance> Balances) Examine(int hosts)
    {
        List<Balance> balances = [];
        foreach (var (cloudOf, inFlight) in new[] { (1_000, 1), (1_000, 200), (50, 50) })
        {
            foreach (var scan in new[] { false, true }) balances.Add(Fill(cloudOf, inFlight, scan));
        }

        List<Measured> results = [];
        var cloud = new Cloud(hosts);
        var random = new Seeded(1);
        foreach (var id in cloud.HostIds) cloud.Reserve(id, 2 + random.Next(5));
        Both(results, cloud, "50 % full", Small, 20_000, keep: true);
        foreach (var host in cloud.All) cloud.Reserve(host.Id, (host.Cpus - host.UsedCpus) / 2 - (random.Next(100) == 0 ? 1 : 0));
        Both(results, cloud, "99 % of the hosts full", Small, 500, keep: false);
        Both(results, cloud, "99 % full, of one zone", Small with { Zone = "zone-2" }, 1_000, keep: false);
        foreach (var host in cloud.All.Where(h => h.ClusterId is "cluster-0" or "cluster-1" && h.UsedCpus > 0)) cloud.Reserve(host.Id, -(host.UsedCpus / 2));
        Both(results, cloud, "a cluster of 100", Small with { Cluster = "cluster-1" }, 5_000, keep: false);
        Both(results, cloud, "a network in 2 clusters", Small with { Networks = [new("l3-1")] }, 5_000, keep: false);
        Both(results, cloud, "nothing fits", Small with { Cpus = 17 }, 2_000, keep: false);
        Both(results, cloud, "nothing fits, in a network", Small with { Cpus = 17, Networks = [new("l3-1")] }, 2_000, keep: false);
        return (results, balances);
    }

    private static void Both(List<Measured> results, Cloud cloud, string work, PlaceVm request, int decisions, bool keep)
    {
        var chance = new Seeded(2);
        var placer = cloud.NewPlacer(chance);
        Measure(cloud, work, "", r => placer.Choose(r, None), request, 200, keep);
        results.Add(Measure(cloud, work, "index", r => placer.Choose(r, None), request, decisions, keep));
        results.Add(Measure(cloud, work, "scan", cloud.Scan, request, 20, keep));
    }

    private static Measured Measure(Cloud cloud, string work, string by, Func<PlaceVm, Choice> choose, PlaceVm request, int decisions, bool keep)
    {
        var took = new double[decisions];
        var (made, upkeep) = (0, TimeSpan.Zero);
        for (var i = 0; i < decisions; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            var choice = choose(request);
            took[i] = TimeProvider.System.GetElapsedTime(started).TotalMicroseconds;
            if (choice is not Choice.Made to) continue;
            var host = Site.Read(to.Value).Host.Value;
            started = TimeProvider.System.GetTimestamp();
            cloud.Reserve(host, 1);
            upkeep += TimeProvider.System.GetElapsedTime(started);
            made++;
            if (!keep) cloud.Reserve(host, -1);
        }

        var total = took.Sum();
        Array.Sort(took);
        return new(work, by, decisions, made, decisions / (total / 1e6), [took[decisions / 2], took[(int)(decisions * 0.99)], took[^1]], upkeep.TotalMicroseconds / Math.Max(1, made));
    }

    private static Balance Fill(int hosts, int inFlight, bool scan)
    {
        var cloud = new Cloud(hosts);
        var placer = cloud.NewPlacer(new Seeded(3));
        Queue<string> unseen = [];
        for (var i = 0; i < hosts * 8 * 7 / 10; i++)
        {
            var choice = scan ? cloud.Scan(Small) : placer.Choose(Small, None);
            if (choice is Choice.Made made) unseen.Enqueue(Site.Read(made.Value).Host.Value);
            // The host itself decides: what it has not is refused there, and chosen anew.
            while (unseen.Count >= inFlight) cloud.TryReserve(unseen.Dequeue());
        }

        while (unseen.TryDequeue(out var host)) cloud.TryReserve(host);
        var shares = cloud.All.Select(h => h.UsedCpus / (double)h.Cpus).ToList();
        var mean = shares.Average();
        return new(scan ? "scan" : "index", hosts, inFlight, Math.Sqrt(shares.Average(s => (s - mean) * (s - mean))), shares.Max(), mean);
    }

    private static void Print(List<Measured> results, List<Balance> balances, int hosts, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { hosts, results, balances }));
            return;
        }

        var table = new Table().AddColumns($"{hosts} hosts", "by", "decisions", "placed", "a second", "p50, us", "p99, us", "max, us", "upkeep of a reservation, us").Border(TableBorder.Ascii);
        foreach (var r in results) table.AddRow([r.Work, r.By, N(r.Decisions), N(r.Made), N(r.PerSecond), .. r.Microseconds.Select(N), N(r.Upkeep)]);
        // A terminal that is narrower than the table would break its words.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        AnsiConsole.Write(table);
        var even = new Table().AddColumns("filled to 70 %", "by", "in flight", "used share: mean", "deviation", "highest").Border(TableBorder.Ascii);
        foreach (var b in balances) even.AddRow($"{b.Hosts} hosts", b.By, N(b.InFlight), Share(b.Mean), Share(b.Deviation), Share(b.Highest));
        AnsiConsole.Write(even);
    }

    private static string N(double number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Share(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);

    private sealed class Seeded(int seed) : IChance
    {
#pragma warning disable CA5394 // It shall be predictable.
        private readonly Random random = new(seed);

        public int Next(int exclusiveMax) => random.Next(exclusiveMax);
#pragma warning restore CA5394
    }

    /// <summary>Four zones, clusters of 100 hosts, a shared storage in each zone, and a network that two clusters have. A host takes 8 of the VMs.</summary>
    private sealed class Cloud : IFeed
    {
        private readonly LiveTable<ZoneView> zones;
        private readonly LiveTable<ClusterView> clusters;
        private readonly LiveTable<HostView> hosts;
        private readonly LiveTable<L2View> l2s;
        private readonly LiveTable<L3View> l3s;
        private readonly LiveTable<StorageView> storages;
        private readonly CloudMap map;
        private readonly IHostFilter[] filters;
        private readonly BalanceWeigher weigher = new();
        private readonly List<Recorded> commit = [];
        private long position;

        public Cloud(int count)
        {
            (zones, clusters, hosts) = (new(this, TimeProvider.System), new(this, TimeProvider.System), new(this, TimeProvider.System));
            (l2s, l3s, storages) = (new(this, TimeProvider.System), new(this, TimeProvider.System), new(this, TimeProvider.System));
            map = new(zones, clusters, hosts, l2s, l3s, storages);
            filters = [new DesignatedFilter(), new EnabledFilter(), new MaintenanceFilter(), new ConnectedFilter(), new NetworkFilter(), new StorageFilter(), new CapacityFilter()];
            for (var z = 0; z < 4; z++)
            {
                Happens($"zone-{z}", new ZoneCreated(new($"zone-{z}"), "z", null));
                Happens($"storage-{z}", new StorageCreated(new($"storage-{z}"), "s", null, new($"zone-{z}"), [], null, "simulator", "/s", new(long.MaxValue)));
            }

            for (var c = 0; c < Math.Max(2, count / PerCluster); c++) Happens($"cluster-{c}", new ClusterCreated(new($"cluster-{c}"), "c", null, new($"zone-{c / 2 % 4}")));
            Happens("l2-1", new L2Created(new("l2-1"), "n", null, new("zone-0"), [new("cluster-0"), new("cluster-1")], "br0", null));
            Happens("l3-1", new L3Created(new("l3-1"), "n", null, new("l2-1"), "br0", null, "10.0.0.0/8", null));
            for (var h = 0; h < count; h++)
            {
                var cluster = h / PerCluster;
                Happens($"host-{h}", new HostCreated(new($"host-{h}"), "h", null, new($"zone-{cluster / 2 % 4}"), new($"cluster-{cluster}"), "simulator", 16, 64.GiB, 1, Bytes.Zero));
            }

            Publish(zones, clusters, storages, l2s, l3s, hosts);
        }

        public IReadOnlyList<HostView> All => [.. hosts.All];

        public IReadOnlyList<string> HostIds => [.. hosts.All.Select(h => h.Id)];

        public Placer NewPlacer(IChance chance) => new(map, filters, [weigher], chance);

        /// <summary>As placement did it when its draws failed.</summary>
        public Choice Scan(PlaceVm request)
        {
            List<HostView> left = [.. hosts.All];
            foreach (var filter in filters) left.RemoveAll(h => !filter.Passes(h, request, map));
            return left.MinBy(h => weigher.Weigh(h, request)) is { } best
                ? new Choice.Made(new Site(HostId.Of(best.Id), new("storage-0"), "").Write())
                : new Choice.None(new(RejectionKind.NoCapacity, "placement.no-capacity", ""));
        }

        /// <summary>Room for so many VMs; given back where negative.</summary>
        public void Reserve(string host, int vms)
        {
            if (vms == 0) return;
            Happens(host, vms > 0 ? new CapacityReserved("vm", 2 * vms, (8 * vms).GiB) : new CapacityReleased("vm", -2 * vms, (-8 * vms).GiB));
            Publish(hosts);
        }

        public void TryReserve(string host)
        {
            if (hosts.Find(host) is { } row && row.Cpus - row.UsedCpus >= 2) Reserve(host, 1);
        }

        public Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct) => Task.FromResult<IReadOnlyList<Recorded>>([]);

        private void Happens(string stream, IEvent happened) => commit.Add(new(happened, stream, 1, ++position, DateTimeOffset.UnixEpoch, Origin.System));

        private void Publish(params IReadOnlyList<IFeedListener> tables)
        {
            // What a table was not told of was for others.
            foreach (var table in tables) table.Publish(0, commit);
            commit.Clear();
        }
    }
}
