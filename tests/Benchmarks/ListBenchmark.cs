using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Spectre.Console;

namespace IaaS.Benchmarks;

/// <summary>Every list's first page of 500, alone and with its relations, over HTTP, one call at a time. A list without rows was stopped as too slow.</summary>
internal static class ListBenchmark
{
    private const int Page = 500;

    private const int Calls = 20;

    private const int WarmUp = 5;

    /// <summary>What issue and field are measured by: milliseconds, at the 95th percentile.</summary>
    private const double Aim = 50;

    /// <summary>What takes longer than this for its calls together is asked less often, so that a run ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly string[] Lists =
    [
        "hosts", "vms", "volumes", "snapshots", "l3-networks", "l2-networks", "projects", "storages", "images", "operations", "clusters", "zones", "offerings", "disk-offerings", "tokens",
    ];

    /// <summary>What a console shows of a list: names of what the rows belong to, and how many belong to them.</summary>
    private static readonly string[] Named =
    [
        "host return *, zone.name, cluster.name, count(vms)",
        "vm return *, host.name, host.cluster.name, project.name, image.name, storage.name, rootVolume.name, nics.l3.name, count(volumes)",
        "volume return *, vm.name, vm.state, storage.name, image.name, project.name, count(snapshots)",
        "snapshot return *, volume.name, volume.vm.name, project.name",
        "l3 return *, l2.name, l2.zone.name, count(nics)",
        "l2 return *, zone.name, clusters.name, l3Networks.name",
        "project return *, count(vms), count(volumes), sum(volumes.size), count(tokens)",
        "storage return *, zone.name, clusters.name, host.name, count(volumes), count(vms)",
        "image return *, storage.name, count(vms), count(volumes)",
        "op return *, project.name, subjectVms.name, subjectVolumes.name",
        "cluster return *, zone.name, count(hosts), sum(hosts.usedCpus), count(l2Networks), count(storages)",
        "zone return *, count(clusters), count(hosts), count(l2Networks), count(storages)",
        "token return *, project.name, cluster.name",
    ];

    /// <summary>Whole related rows, not their names alone.</summary>
    private static readonly string[] Whole =
    [
        "host return *, zone, cluster, vms",
        "vm return *, host, project, image, storage, rootVolume, operation, volumes",
        "volume return *, vm, storage, image, project, operation, snapshots",
        "l3 return *, l2, nics",
        "l2 return *, zone, clusters, l3Networks",
        "project return *, vms, volumes",
    ];

    private sealed record Question(string Name, Func<HttpClient, Task<HttpResponseMessage>> Ask);

    internal sealed record Measured(string Name, double P50, double P95, double Max, int Rows, int Bytes, double ServerCpu, double PostgresCpu);

    public static async Task<int> RunAsync(string program, bool json)
    {
        var results = await ExamineAsync(program);
        if (json) Console.WriteLine(JsonSerializer.Serialize(results));
        else Print(results);
        return 0;
    }

    public static async Task<IReadOnlyList<Measured>> ExamineAsync(string program)
    {
        await using var server = await ServerUnderTest.StartAsync(program, hosts: 2);
        await using (var db = NpgsqlDataSource.Create(server.Postgres))
        {
            var loading = Stopwatch.StartNew();
            await PublishedCloud.LoadAsync(db);
            Console.Error.WriteLine(F($"loaded in {loading.Elapsed.TotalSeconds:0} s"));
        }

        // Each is asked some times before any is measured, so that the program's own warming up is not in the figures.
        List<Question> questions = [.. Questions()];
        foreach (var question in questions)
        {
            var warming = Stopwatch.StartNew();
            for (var i = 0; i < WarmUp && warming.Elapsed < Patience; i++) await AskAsync(server, question);
        }

        List<Measured> results = [];
        foreach (var question in questions) results.Add(await MeasureAsync(server, question));
        return results;
    }

    private static IEnumerable<Question> Questions()
    {
        foreach (var list in Lists) yield return new(list, http => http.GetAsync(new Uri(F($"v1/{list}?limit={Page}"), UriKind.Relative)));
        foreach (var text in (string[])[.. Named, .. Whole])
        {
            var query = text.Replace(" return ", F($" limit {Page} return "), StringComparison.Ordinal);
            yield return new(text, http => http.PostAsJsonAsync("v1/query", new { query }));
        }
    }

    /// <summary>The body; of what the server refuses as too slow too, which is an answer to this question.</summary>
    private static async Task<byte[]> AskAsync(ServerUnderTest server, Question question)
    {
        using var answer = await question.Ask(server.Http);
        var body = await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode || IsTooSlow(body) ? body : throw new InvalidOperationException($"{question.Name}: {System.Text.Encoding.UTF8.GetString(body)}");
    }

    private static bool IsTooSlow(byte[] body) => body.AsSpan().IndexOf("\"query.too-slow\""u8) >= 0;

    private static async Task<Measured> MeasureAsync(ServerUnderTest server, Question question)
    {
        List<double> times = [];
        byte[] body = [];
        var (ownBefore, postgresBefore) = server.Cpu();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Calls && watch.Elapsed < Patience; i++)
        {
            var at = Stopwatch.GetTimestamp();
            body = await AskAsync(server, question);
            times.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
        }

        var (own, postgres) = server.Cpu();
        times.Sort();
        return new(question.Name, Q(0.5), Q(0.95), times[^1], RowsOf(body), body.Length, (own - ownBefore).TotalMilliseconds / times.Count, (postgres - postgresBefore).TotalMilliseconds / times.Count);

        double Q(double q) => times[(int)Math.Ceiling(q * times.Count) - 1];
    }

    private static int RowsOf(byte[] body)
    {
        if (IsTooSlow(body)) return 0;
        using var answer = JsonDocument.Parse(body);
        var rows = answer.RootElement.TryGetProperty("items", out var items) ? items : answer.RootElement.GetProperty("answers")[0].GetProperty("rows");
        return rows.GetArrayLength();
    }

    private static void Print(IReadOnlyList<Measured> results)
    {
        var table = new Table().AddColumns("first page of 500", "p50 ms", "p95 ms", "max ms", "rows", "KiB", "CPU ms server + PostgreSQL").Border(TableBorder.Ascii);
        foreach (var r in results) table.AddRow(Markup.Escape(r.Name), F($"{r.P50:0.0}"), F($"{r.P95:0.0}"), F($"{r.Max:0.0}"), F($"{r.Rows}"), F($"{r.Bytes / 1024}"), F($"{r.ServerCpu:0.0} + {r.PostgresCpu:0.0}"));
        // A list keeps to one line, whatever it is piped into.
        AnsiConsole.Profile.Width = 240;
        AnsiConsole.Write(table);
        var missed = results.Where(r => r.P95 > Aim).OrderByDescending(r => r.P95).ToList();
        Console.WriteLine(F($"{Calls} calls each, one at a time, after {WarmUp}; {Environment.ProcessorCount} CPUs for client, server and PostgreSQL together. Aim: p95 under {Aim:0} ms."));
        Console.WriteLine(missed.Count == 0 ? "All reach it." : F($"{missed.Count} of {results.Count} do not: {string.Join("; ", missed.Select(m => F($"{m.Name} ({m.P95:0} ms)")))}."));
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
