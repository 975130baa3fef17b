using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IaaS.Cli;

/// <summary>Asking the cloud.</summary>
public static class QueryCommands
{
    /// <summary>How many different conditions can be written.</summary>
    public static Command Census(Func<ParseResult, ControlPlane> connect)
    {
        var command = new Command("census", "How many different single conditions queries can have: paths that visit no kind twice, times operators.");
        command.SetAction((parsed, ct) => ControlPlane.RunAsync(connect(parsed), async plane =>
        {
            var table = new Table().AddColumns("relations", "paths", "conditions");
            foreach (var row in (await plane.GetAsync("/v1/schema/census", ct)).AsArray()) table.AddRow(Number(row!["relations"]), Number(row["paths"]), Number(row["conditions"]));
            Printed.Rows(table);
            return 0;
        }));
        return command;
    }

    /// <summary>Asks in the query language.</summary>
    public static Command Query(Func<ParseResult, ControlPlane> connect)
    {
        var text = new Argument<string>("text") { Description = "In the query language: docs/query.md." };
        var json = new Option<bool>("--json") { Description = "Prints the answers as JSON." };
        var command = new Command("query", "Asks: rows, groups, the past, what happened.") { text, json };
        command.SetAction((parsed, ct) => ControlPlane.RunAsync(connect(parsed), async plane =>
        {
            var answers = (await plane.PostAsync("/v1/query", new { query = parsed.GetValue(text) }, ct))["answers"]!.AsArray();
            if (parsed.GetValue(json)) Console.WriteLine(answers.ToJsonString(new() { WriteIndented = true }));
            else foreach (var answer in answers) Print(answer!);
            return 0;
        }));
        return command;
    }

    private static void Print(JsonNode answer)
    {
        var rows = answer["rows"]!.AsArray();
        var columns = rows.SelectMany(r => r!.AsObject().Select(c => c.Key)).Distinct(StringComparer.Ordinal).ToList();
        var table = new Table().AddColumns([.. columns.Select(Markup.Escape)]);
        foreach (var row in rows) table.AddRow([.. columns.Select(c => Markup.Escape(row![c]?.ToString() ?? ""))]);
        if (columns.Count > 0) Printed.Rows(table);
        var more = answer["next"] is { } next ? $"; there are more: after '{next}'" : "";
        Printed.Console.WriteLine($"{rows.Count} rows at position {answer["position"]}{more}");
    }

    private static string Number(JsonNode? value) => value!.GetValue<long>().ToString("N0", CultureInfo.InvariantCulture);
}
