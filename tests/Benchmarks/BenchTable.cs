using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using Spectre.Console;
using static IaaS.Benchmarks.Finding;

namespace IaaS.Benchmarks;

/// <summary>All rows, one after the other, as one table.</summary>
internal static class BenchTable
{
    private static readonly IRow[] Rows = [new BurstRow(), new InFlightRow(), new RestartRow(), new PlacementRow(), new ListsRow(), new AgentsRow(), new SustainedRow()];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static IEnumerable<string> Names => Rows.Select(r => r.Name);

    /// <param name="only">Names of rows; none for all.</param>
    /// <param name="most">VMs that a cloud grows to; null for as many as the aims speak of.</param>
    /// <param name="file">Where the same goes as JSON; null for nowhere.</param>
    /// <returns>0; 1 where a row could not be measured.</returns>
    public static async Task<int> RunAsync(string program, string[] only, bool quick, int? most, string? file)
    {
        var context = new BenchContext(program, quick, most);
        var failed = 0;
        List<Finding> found = [];
        if (only.Length == 0 && !quick) Console.Error.WriteLine("The whole takes about half an hour, or more; --quick some eight minutes, with fewer VMs.");
        foreach (var row in Rows.Where(r => only.Length == 0 || only.Contains(r.Name, StringComparer.Ordinal)))
        {
            Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {row.Name}");
            try
            {
                var results = await row.RunAsync(context);
                found.AddRange(results);
                // The whole takes long, and may be ended before its end.
                foreach (var f in results) Console.Error.WriteLine($"  {f.Work}: {f.Found} (aim: {f.Aim}); {f.Beside}");
            }
#pragma warning disable CA1031 // One that cannot be measured is told, and the others are measured.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failed++;
                Console.Error.WriteLine(e);
                found.Add(new Finding(row.Name, "", "could not be measured", Reached: false, e.Message, Of()));
            }
        }

        Print(found, quick);
        if (file is not null) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { machine = Machine(), quick, rows = found }, Json));
        return failed == 0 ? 0 : 1;
    }

    private static void Print(List<Finding> found, bool quick)
    {
        Console.WriteLine(Machine() + (quick ? " Quick: fewer VMs than the aims speak of." : ""));
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 200);
        var table = new Table().AddColumns("work", "aim", "measured", "", "beside it").Border(TableBorder.Ascii);
        foreach (var f in found) table.AddRow(Markup.Escape(f.Work), Markup.Escape(f.Aim), Markup.Escape(f.Found), f.Reached switch { true => "yes", false => "NO", null => "" }, Markup.Escape(f.Beside));
        AnsiConsole.Write(table);
    }

    private static string Machine()
    {
        var model = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        var npgsql = typeof(NpgsqlConnection).Assembly.GetName().Version;
        return F($"{Environment.ProcessorCount} CPUs ({model}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):0} GiB, {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}, Npgsql {npgsql}, the server's own PostgreSQL with fsync on, client and server on the same machine.");
    }
}
