using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using IaaS.Projections.Query;
using Npgsql;
using Spectre.Console;

namespace IaaS.Benchmarks;

/// <summary>Asks a large cloud questions over HTTP, and the database the same by SQL that was written by hand.</summary>
internal static class QueryBenchmark
{
    /// <param name="Text">The query; {0} is a number that is different each time.</param>
    /// <param name="Sql">The same by hand; $1 is what {0} makes of <paramref name="Value"/>.</param>
    private sealed record Question(string Name, string Text, string Sql, Func<int, object> Value, int Asks, Asked Asked = Asked.ByNumber);

    /// <summary>What {0} is: the number, or what the SQL gets.</summary>
    private enum Asked { ByNumber, ByValue }


    private sealed record Measured(string Name, int Asks, double P50, double P99, double SqlP50, double SqlP99, double PerSecond, double SqlPerSecond, double EnginePerSecond)
    {
        /// <summary>How much longer the machine works on a question than on the SQL: clients are many, so rates say it, and not waiting times.</summary>
        public double Ratio => SqlPerSecond / EnginePerSecond;
    }

    public static async Task RunAsync(string program, int hosts, int vms, int clients, bool json)
    {
        await using var server = await ServerUnderTest.StartAsync(program, hosts: 2);
        await using var db = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.Postgres) { MaxPoolSize = clients + 2, MaxAutoPrepare = 200, AutoPrepareMinUsages = 2 });
        var loading = Stopwatch.StartNew();
        await CloudInSql.LoadAsync(db, hosts, vms);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loaded {hosts} hosts and {vms} VMs in {loading.Elapsed.TotalSeconds:0} s"));
        await using var queries = QueryDatabase.Open(server.Postgres, new QueryLimits { Time = TimeSpan.FromSeconds(30) });
        var engine = new EngineUnderTest(queries);
        var cursor = await CursorAsync(engine, 1_000);
        List<Measured> results = [];
        foreach (var question in Questions(vms, cursor)) results.Add(await MeasureAsync(server, db, engine, question, clients));
        if (json) Console.WriteLine(JsonSerializer.Serialize(results));
        else Print(results, hosts, vms, clients);
    }

    private static IEnumerable<Question> Questions(int vms, string cursor)
    {
        const string Page = "state = Running and host.cluster.name = 'cluster-7' and tags has 'env::prod'";
        const string PageSql = """
            select v.*, c.position from read.view_vm v join read.view_host h on h.id = v.host_id join read.view_cluster k on k.id = h.cluster_id
            cross join (select min(position) as position from read.checkpoint where view in ('vm', 'host', 'cluster')) c
            where v.state = 'Running' and k.name = $1 and v.tags @> array['env::prod']
            """;
        const string Cluster = "cluster-7";
        yield return new("one VM by id", "vm where id = 'vm-b{0}'", "select * from read.view_vm where id = $1", n => $"vm-b{n}", 4_000);
        yield return new("the VM with an address, through its NICs", "vm where nics.address = '{0}'",
            "select v.* from read.part_vm_nics n join read.view_vm v on v.id = n.\"#owner\" where n.address = $1", n => Address(n), 4_000, Asked.ByValue);
        yield return new("three relations deep: VMs by zone of the volume's", "volume where id = 'volume-b{0}' and vm.host.cluster.name like 'cluster-%'", """
            select o.* from read.view_volume o join read.view_vm v on v.id = o.vm_id join read.view_host h on h.id = v.host_id join read.view_cluster k on k.id = h.cluster_id
            where o.id = $1 and k.name like 'cluster-%'
            """, n => $"volume-b{n}", 4_000);
        yield return new("state, cluster and tag: first page of 50", $"vm where {Page} order by id limit 50 return id, name, state", $"{PageSql} order by v.id limit 51", _ => Cluster, 400);
        yield return new("the same: 1,000th page by keyset", $"vm where {Page} order by id limit 50 after '{cursor}' return id, name, state",
            $"{PageSql} and v.id > 'vm-b5' order by v.id limit 51", _ => Cluster, 400);
        yield return new("newest 50 of a project", "vm where projectId = '{0}' order by createdAt desc limit 50 return id, name, host.name",
            "select v.id, v.name, h.name from read.view_vm v left join read.view_host h on h.id = v.host_id where v.project_id = $1 order by v.created_at desc, v.id desc limit 51", n => $"project-b{n % 100}", 200, Asked.ByValue);
        yield return new("count by state", "vm group by state return state, count(*)", "select state, count(*) from read.view_vm where $1 <> '' group by 1", _ => "x", 24);
        yield return new("count by cluster", "vm group by host.cluster.name return host.cluster.name, count(*)",
            "select k.name, count(*) from read.view_vm v left join read.view_host h on h.id = v.host_id left join read.view_cluster k on k.id = h.cluster_id where $1 <> '' group by 1", _ => "x", 24);
        yield return new("full text", "vm where matches 'web {0}' limit 50", "select * from read.view_vm where \"#search\" @@ $1::tsquery order by id limit 51", n => $"'web':* & '{n}':*", 400);
        yield return new("as of a position: one VM by id", "vm where id = 'vm-b{0}' as of position 1", "select * from read.view_vm where id = $1", n => $"vm-b{n}", 2_000);
        yield return new("as of a position: by address, through its NICs", "vm where nics.address = '{0}' as of position 1",
            "select v.* from read.part_vm_nics n join read.view_vm v on v.id = n.\"#owner\" where n.address = $1", n => Address(n), 2_000, Asked.ByValue);
        yield return new("as of a position: count by state", "vm group by state return state, count(*) as of position 1", "select state, count(*) from read.view_vm where $1 <> '' group by 1", _ => "x", 24);

        string Address(int n) => string.Create(CultureInfo.InvariantCulture, $"10.{n / 65536}.{n / 256 % 256}.{n % 256}");
    }

    private static async Task<string> CursorAsync(EngineUnderTest engine, int pages)
    {
        // A cursor names a row, so one page of 1,000 rows twenty times stands for a thousand of fifty.
        var cursor = "";
        for (var i = 0; i < pages / 20; i++)
        {
            var next = await engine.NextAsync($"vm order by id limit 1000 {(cursor.Length == 0 ? "" : $"after '{cursor}' ")}return id");
            if (next is null) break;
            cursor = next;
        }

        return cursor;
    }

    private static async Task<Measured> MeasureAsync(ServerUnderTest server, NpgsqlDataSource db, EngineUnderTest engine, Question question, int clients)
    {
        string Text(int n) => string.Format(CultureInfo.InvariantCulture, question.Text, question.Value(n) is string v && question.Asked is Asked.ByValue ? v : n);
        async Task AskAsync(int n)
        {
            using var answer = await server.Http.PostAsJsonAsync("v1/query", new { query = Text(n) });
            if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{question.Name}: {await answer.Content.ReadAsStringAsync()}");
            await answer.Content.ReadAsByteArrayAsync();
        }

        async Task SqlAsync(int n)
        {
            await using var command = db.CreateCommand(question.Sql);
            command.Parameters.Add(new() { Value = question.Value(n) });
            await using var reader = await command.ExecuteReaderAsync();
            var values = new object[reader.FieldCount];
            while (await reader.ReadAsync()) reader.GetValues(values);
        }

        var sql = await TimeAsync(question.Asks, clients, SqlAsync);
        var http = await TimeAsync(question.Asks, clients, AskAsync);
        var inner = await TimeAsync(question.Asks, clients, n => engine.AskAsync(Text(n)));
        return new(question.Name, question.Asks, Q(http.Sorted, 0.5), Q(http.Sorted, 0.99), Q(sql.Sorted, 0.5), Q(sql.Sorted, 0.99), Rate(http.Took), Rate(sql.Took), Rate(inner.Took));

        double Rate(TimeSpan took) => question.Asks * 1.25 / took.TotalSeconds;
    }

    private static async Task<(double[] Sorted, TimeSpan Took)> TimeAsync(int asks, int clients, Func<int, Task> ask)
    {
        // Spread over all rows, the same in each run.
        var work = new ConcurrentQueue<int>(Enumerable.Range(0, asks + (asks / 4)).Select(i => 1 + (int)(i * 48_271L % 99_991)));
        var times = new ConcurrentBag<double>();
        var started = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (work.TryDequeue(out var n))
            {
                var at = Stopwatch.GetTimestamp();
                await ask(n);
                // The first fifth warms up.
                if (work.Count < asks) times.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            }
        }));
        return ([.. times.Order()], started.Elapsed);
    }

    private static double Q(double[] sorted, double q) => sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];

    private static void Print(IEnumerable<Measured> results, int hosts, int vms, int clients)
    {
        var table = new Table().AddColumns("question", "over HTTP p50 / p99", "SQL by hand p50 / p99", "asks/s over HTTP", "asks/s engine, SQL", "ratio").Border(TableBorder.Ascii);
        foreach (var r in results) table.AddRow(r.Name, F($"{r.P50:0.00} / {r.P99:0.00} ms"), F($"{r.SqlP50:0.00} / {r.SqlP99:0.00} ms"), F($"{r.PerSecond:0}"), F($"{r.EnginePerSecond:0}, {r.SqlPerSecond:0}"), F($"{r.Ratio:0.00}"));
        AnsiConsole.Write(table);
        Console.WriteLine(F($"{hosts} hosts, {vms} VMs with a NIC, a volume and three tags each; {clients} clients; {Environment.ProcessorCount} CPUs for clients, server and PostgreSQL together."));
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
