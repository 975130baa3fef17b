using System.Diagnostics;
using System.Globalization;
using Npgsql;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>One cloud that grows to a million VMs: rate, flatness, what a VM costs, lag, memory, and a mixed load at the end.</summary>
internal sealed class SustainedRow : IRow
{
    private const int HostCpus = 640;
    private const int Clients = 500;
    private const int Probe = 10_000;

    public string Name => "sustained";

    public async Task<IReadOnlyList<Finding>> RunAsync(BenchContext context)
    {
        var sizes = new[] { context.Size(10_000, 5_000), context.Size(100_000, 20_000), context.Most ?? context.Size(1_000_000, 50_000) };
        var count = context.Size(100_000, 20_000);
        var most = sizes[2] + (2 * Probe) + count;
        await using var server = await ServerUnderTest.StartAsync(context.Program, hosts: Math.Max(20, most * 5 / 4 / HostCpus));
        await RoomAsync(server, most);
        var world = new World(server);
        await world.GrowAsync(2_000);
        List<Finding> found = [];
        List<(int Existing, double Rate)> rates = [];
        await world.GrowToAsync(sizes[0]);
        rates.Add((world.Count, await ProbeAsync()));
        found.AddRange(await SustainedAsync(server, world, count));
        foreach (var f in found) Console.Error.WriteLine($"  {f.Work}: {f.Found}; {f.Beside}");
        await world.GrowToAsync(sizes[1]);
        rates.Add((world.Count, await ProbeAsync()));
        found.Add(Memory(server, world.Count, context.Quick ? double.NaN : 0.6));
        await world.GrowToAsync(sizes[2]);
        rates.Add((world.Count, await ProbeAsync()));
        found.Add(Memory(server, world.Count, context.Quick || context.Most is not null ? double.NaN : 2));
        found.Add(Flat(rates));
        found.Add(await MixedLoad.RunAsync(server, world.Count, context));
        return found;

        async Task<double> ProbeAsync()
        {
            var before = world.Count;
            var rate = await world.GrowAsync(Probe);
            Console.Error.WriteLine($"  {before:N0} VMs: {rate:0} VM/s, {server.Size().Bytes >> 20} MiB");
            return rate;
        }
    }

    private static async Task<IReadOnlyList<Finding>> SustainedAsync(ServerUnderTest server, World world, int count)
    {
        var head = await RawInsert.HeadAsync(server.Postgres);
        var (cpu, wal, metrics) = (server.Cpu(), await WalAsync(server), await server.MetricsAsync());
        using var stop = new CancellationTokenSource();
        var lags = LagProbe.RunAsync(server, stop.Token);
        var rate = await world.GrowAsync(count);
        await stop.CancelAsync();
        var lag = await lags;
        var (used, written, after) = (server.Cpu(), await WalAsync(server) - wal, await server.MetricsAsync());
        var raw = await RawInsert.MeasureAsync(server.Postgres, head);
        var perVm = (double)raw.Events / count;
        var limit = raw.EventsPerSecond / perVm;
        var (serverCpu, postgresCpu) = ((used.Server - cpu.Server).TotalMilliseconds / count, (used.Postgres - cpu.Postgres).TotalMilliseconds / count);
        double Grown(string name) => after.GetValueOrDefault(name) - metrics.GetValueOrDefault(name);
        return
        [
            new(F($"{count:N0} VMs created, sustained, read model caught up"), "2,000 VM/s, and a third of the raw insert", F($"{rate:0} VM/s"), rate >= 2_000 && rate / limit >= 1.0 / 3,
                F($"raw insert of the same events: {raw.EventsPerSecond:0} events/s, {limit:0} VM/s; ratio {rate / limit:0.00}; accepted p50 {Load.Quantile(world.Last.Latencies, 0.5):0} p99 {Load.Quantile(world.Last.Latencies, 0.99):0} ms"),
                Of(("vmsPerSecond", rate), ("rawEventsPerSecond", raw.EventsPerSecond), ("ratio", rate / limit), ("acceptedP50", Load.Quantile(world.Last.Latencies, 0.5)), ("acceptedP99", Load.Quantile(world.Last.Latencies, 0.99)))),
            new("CPU of all processes per VM created", "1.5 ms", F($"{serverCpu + postgresCpu:0.00} ms"), serverCpu + postgresCpu < 1.5,
                F($"server {serverCpu:0.00}, PostgreSQL {postgresCpu:0.00} ms; {perVm:0.0} events of {(double)raw.Bytes / raw.Events:0} bytes, {(double)written / count:0} bytes of WAL, {Grown("dotnet_gc_heap_total_allocated_bytes_total") / count / 1024:0} KiB allocated; {Grown("dotnet_gc_collections_total"):0} collections, {Grown("dotnet_gc_pause_time_seconds_total"):0.0} s"),
                Of(("serverMilliseconds", serverCpu), ("postgresMilliseconds", postgresCpu), ("eventsPerVm", perVm), ("bytesPerEvent", (double)raw.Bytes / raw.Events), ("walBytesPerVm", (double)written / count))),
            new("projection lag under full load, p99", "250 ms", F($"{Load.Quantile(lag, 0.99):0} ms"), Load.Quantile(lag, 0.99) < 250, F($"p50 {Load.Quantile(lag, 0.5):0} ms, max {(lag.Length == 0 ? 0 : lag[^1]):0} ms, {lag.Length} samples"),
                Of(("p50", Load.Quantile(lag, 0.5)), ("p99", Load.Quantile(lag, 0.99)))),
        ];
    }

    private static Finding Memory(ServerUnderTest server, int vms, double aim)
    {
        var (threads, bytes) = server.Size();
        var gib = bytes / (double)(1 << 30);
        return new(F($"the server's memory at {vms:N0} VMs"), double.IsNaN(aim) ? "" : F($"{aim} GiB"), F($"{gib:0.00} GiB"), double.IsNaN(aim) ? null : gib < aim,
            F($"{threads} threads; the simulated guests are in it"), Of(("gib", gib), ("vms", vms), ("threads", threads)));
    }

    private static Finding Flat(List<(int Existing, double Rate)> rates)
    {
        var spread = 1 - (rates.Min(r => r.Rate) / rates.Max(r => r.Rate));
        return new(F($"the rate at {string.Join(", ", rates.Select(r => F($"{r.Existing:N0}")))} VMs"), "flat within 10 %", string.Join(", ", rates.Select(r => F($"{r.Rate:0}"))) + " VM/s", spread <= 0.1,
            F($"spread {spread:P0}, {Probe:N0} VMs each"), rates.ToDictionary(r => F($"at{r.Existing}"), r => r.Rate, StringComparer.Ordinal));
    }

    /// <summary>The demo's storage has room for half a million disks.</summary>
    private static async Task RoomAsync(ServerUnderTest server, int vms)
    {
        using var client = await server.ConnectAsync();
        for (var i = 0; i < vms / 400_000; i++)
        {
            var made = await client.SendAsync("POST", "/v1/storages", F($$"""{"name":"bench-{{i}}","zoneId":"zone-demo","driver":"simulator","capacity":1125899906842624}"""));
            if (made.Status != 201) throw new InvalidOperationException(made.Text);
        }
    }

    private static async Task<long> WalAsync(ServerUnderTest server)
    {
        await using var db = NpgsqlDataSource.Create(server.Postgres);
        await using var command = db.CreateCommand("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How many VMs there are, and their growing.</summary>
    private sealed class World(ServerUnderTest server)
    {
        public int Count { get; private set; }

        public Load.Done Last { get; private set; } = null!;

        public async Task GrowToAsync(int count)
        {
            if (count > Count) await GrowAsync(count - Count);
        }

        /// <returns>VMs that came to run and into the list in a second.</returns>
        public async Task<double> GrowAsync(int by)
        {
            var watch = Stopwatch.StartNew();
            Last = await Load.CreateAsync(server, by, Clients, string.Create(CultureInfo.InvariantCulture, $"vm-{Count}"));
            await Load.UntilRunningAsync(server, Count + by);
            Count += by;
            return by / watch.Elapsed.TotalSeconds;
        }
    }
}
