using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace IaaS.Soak;

/// <summary>What a run has come to.</summary>
/// <param name="KillsAtStart">Of the kills, those of a server that was not ready yet.</param>
/// <param name="RestartP50">Seconds from the launch until ready.</param>
/// <param name="Unanswered">Requests that no answer came to; they were sent again under the same key.</param>
/// <param name="Acknowledged">Changes that were answered with success or with an operation to wait for.</param>
/// <param name="Refused">Changes that were refused, by code.</param>
/// <param name="Cancelled">Of those that failed, those that were given up.</param>
/// <param name="Failed">Why acknowledged operations failed, by code.</param>
/// <param name="RepeatsGone">Repeats that were answered that the resource is no longer there.</param>
/// <param name="Complaints">Errors that the server logged, by where.</param>
internal sealed record Report(
    double Minutes, int Seed, int Clients, int Kills, int KillsAtStart, int Restarts, double RestartP50, double RestartMax, long Requests, long Unanswered,
    int Acknowledged, int Succeeded, IReadOnlyDictionary<string, int> Failed, int Cancelled, IReadOnlyDictionary<string, int> Refused,
    int RepeatsRecognised, int RepeatsGone, int Vms, int PastAnswers, long Position, int Views, long Rows,
    IReadOnlyDictionary<string, int> Complaints, IReadOnlyList<string> Violations)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Report Of(
        SoakOptions options, TimeSpan took, Striker striker, Plane plane, Ledger ledger, Fleet fleet, CloudAtRest? cloud, (int Views, long Rows) verified,
        IReadOnlyDictionary<string, int> complaints, IReadOnlyList<string> violations)
    {
        var acknowledged = ledger.Asks.Where(a => a.IsAcknowledged).ToList();
        var ends = acknowledged.Select(a => a.Operation).OfType<string>().Select(o => cloud?.Operations.GetValueOrDefault(o)).OfType<JsonElement>().ToList();
        var failed = ends.Where(o => o.ValueKind is JsonValueKind.Object && o.Text("state") is "Failed").ToList();
        var starts = striker.Starts.Select(s => s.TotalSeconds).Order().ToList();
        return new(
            took.TotalMinutes, options.Seed, options.Clients, striker.Kills, striker.KillsAtStart, starts.Count, starts.Count > 0 ? starts[starts.Count / 2] : 0, starts.LastOrDefault(),
            plane.Requests, plane.Unanswered, acknowledged.Count,
            ends.Count(o => o.ValueKind is JsonValueKind.Object && o.Text("state") is "Succeeded") + acknowledged.Count(a => a.Operation is null),
            Counted(failed.Select(o => o.Text("errorCode"))), failed.Count(o => o.Text("errorCode") is "operation.cancelled"),
            Counted(ledger.Asks.Where(a => a.Answer is { IsAcknowledged: false }).Select(a => a.Answer!.Code)),
            ledger.Recognised, ledger.Gone, ledger.Asks.Count(a => a.Workflow is "vm.create"), fleet.Past.Count, plane.Position, verified.Views, verified.Rows,
            complaints, violations);
    }

    public void PrintJson() => Console.WriteLine(JsonSerializer.Serialize(this, Json));

    public void Print()
    {
        var failed = Failed.Values.Sum();
        var table = new Table().AddColumns("what", "count", "of that").Border(TableBorder.Ascii);
        table.AddRow("minutes", F($"{Minutes:0.0}"), F($"{Clients} clients, seed {Seed}"));
        table.AddRow("kills (SIGKILL)", F($"{Kills}"), F($"{KillsAtStart} while it started"));
        table.AddRow("restarts", F($"{Restarts}"), F($"until ready p50 {RestartP50:0.00} s, max {RestartMax:0.00} s"));
        table.AddRow("requests", F($"{Requests:N0}"), F($"{Unanswered:N0} without an answer"));
        table.AddRow("acknowledged operations", F($"{Acknowledged:N0}"), F($"{Succeeded:N0} succeeded, {failed - Cancelled:N0} failed, {Cancelled:N0} cancelled"));
        table.AddRow("failed, by code", F($"{failed:N0}"), Markup.Escape(Listed(Failed)));
        table.AddRow("refused", F($"{Refused.Values.Sum():N0}"), Markup.Escape(Listed(Refused)));
        table.AddRow("repeats recognised", F($"{RepeatsRecognised:N0}"), F($"besides {RepeatsGone:N0} answered that it is gone"));
        table.AddRow("VMs asked for", F($"{Vms:N0}"), F($"events in the log: {Position:N0}"));
        table.AddRow("answers about the past", F($"{PastAnswers:N0}"), "each asked again at the end");
        table.AddRow("views verified", F($"{Views}"), F($"{Rows:N0} rows"));
        table.AddRow("errors in the server's log", F($"{Complaints.Values.Sum():N0}"), Markup.Escape(Listed(Complaints)));
        table.AddRow("violations", F($"{Violations.Count:N0}"), "");
        var console = AnsiConsole.Create(new());
        if (Console.IsOutputRedirected) console.Profile.Width = 160;
        console.Write(table);
        foreach (var violation in Violations) Console.WriteLine($"- {violation}");
    }

    private static Dictionary<string, int> Counted(IEnumerable<string?> codes) =>
        codes.Select(c => c ?? "none").CountBy(c => c).OrderByDescending(c => c.Value).ToDictionary(StringComparer.Ordinal);

    private static string Listed(IReadOnlyDictionary<string, int> counts) => string.Join(", ", counts.OrderByDescending(c => c.Value).Select(c => F($"{c.Key} {c.Value}")));

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
