using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Spectre.Console;

namespace IaaS.Benchmarks;

/// <summary>Rebuilds views from the log of some thousand VMs while the server serves, beside a plain insert of the same events and of the same rows.</summary>
internal static class RebuildBenchmark
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private sealed record Measured(string View, long Events, double EventsPerSecond, long Rows, double RowsPerSecond);

    public static async Task RunAsync(string program, int count, bool json)
    {
        await using var server = await ServerUnderTest.StartAsync(program, hosts: Math.Max(20, count / 320));
        await VmBenchmark.CreateAsync(server, count, clients: 200, "vm");
        await VmBenchmark.UntilRunningAsync(server, count, watch: null);
        await using var db = NpgsqlDataSource.Create(server.Postgres);
        List<Measured> results = [];
        foreach (var view in new[] { "vm", "volume", "host", "op" }) results.Add(await MeasureAsync(server, db, view));
        results.Add(await AllAsync(server));
        var raw = await RawInsert.MeasureAsync(server.Postgres, after: 0);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { results, rawEventsPerSecond = raw.EventsPerSecond }));
            return;
        }

        var table = new Table().AddColumns("rebuilt", "events read", "events/s", "raw insert of the events, /s", "ratio", "rows", "plain insert of the rows, /s").Border(TableBorder.Ascii);
        foreach (var r in results) table.AddRow(r.View, N(r.Events), N(r.EventsPerSecond), N(raw.EventsPerSecond), (r.EventsPerSecond / raw.EventsPerSecond).ToString("0.00", CultureInfo.InvariantCulture), N(r.Rows), N(r.RowsPerSecond));
        AnsiConsole.Write(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} CPUs, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}; {count} VMs; PostgreSQL on the same machine, fsync on."));
    }

    private static async Task<Measured> MeasureAsync(ServerUnderTest server, NpgsqlDataSource db, string view)
    {
        using (var asked = await server.Http.PostAsJsonAsync($"v1/projections/{view}/rebuild", new { })) asked.EnsureSuccessStatusCode();
        var progress = await EndAsync(server, view);
        await using var insert = db.CreateCommand($"create temp table copied (like read.\"view_{view}\" including all); insert into copied select * from read.\"view_{view}\"");
        insert.CommandTimeout = 0;
        var started = TimeProvider.System.GetTimestamp();
        var rows = await insert.ExecuteNonQueryAsync();
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        return new(view, progress.Events, progress.PerSecond, rows, rows / took);
    }

    private static async Task<Measured> AllAsync(ServerUnderTest server)
    {
        using (var asked = await server.Http.PostAsJsonAsync("v1/projections/rebuild", new { })) asked.EnsureSuccessStatusCode();
        var progress = await EndAsync(server, "vm");
        return new("all, in one pass", progress.Events, progress.PerSecond, 0, 0);
    }

    private static async Task<(long Events, double PerSecond)> EndAsync(ServerUnderTest server, string view)
    {
        while (true)
        {
            using var answer = await JsonDocument.ParseAsync(await server.Http.GetStreamAsync($"v1/projections/{view}"));
            var build = answer.RootElement.GetProperty("build");
            switch (build.GetProperty("state").GetString())
            {
                case "Done":
                    var progress = build.GetProperty("progress");
                    return (progress.GetProperty("events").GetInt64(), progress.GetProperty("eventsPerSecond").GetDouble());
                case "Failed":
                    throw new InvalidOperationException(build.GetProperty("error").GetString());
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    private static string N(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
