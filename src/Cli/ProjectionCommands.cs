using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IaaS.Cli;

/// <summary>The views behind the queries.</summary>
public static class ProjectionCommands
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    public static Command Create(Func<ParseResult, ControlPlane> connect)
    {
        var name = new Argument<string>("name") { Description = "The view; list names them." };
        var some = new Argument<string[]>("names") { Description = "The views; all where none is named.", Arity = ArgumentArity.ZeroOrMore };
        var position = new Option<long>("--position") { Description = "Of the event at which the view has stopped.", Required = true };
        var reason = new Option<string>("--reason") { Description = "Why the event may be left out; it is kept with the record.", Required = true };
        var command = new Command("projections", "The views behind the queries: how far they are, building them anew, comparing them with the log.")
        {
            With(new("list", "Every view, how far it is, and what has stopped it."), (_, plane, ct) => ListAsync(plane, ct)),
            With(new("status", "One view: its build, and what was skipped of it.") { name }, (p, plane, ct) => StatusAsync(plane, p.GetValue(name)!, ct)),
            With(new("rebuild", "Builds a view anew from the log beside the one that serves, and puts it in its place; all views, in one pass, where none is named.") { some },
                (p, plane, ct) => RebuildAsync(plane, p.GetValue(some)!, ct)),
            With(new("verify", "Builds a view from the log and compares row by row; ends with 1 when something differs.") { name },
                (p, plane, ct) => CompareAsync(plane, [p.GetValue(name)!], rows: false, ct)),
            With(new("diff", "The same for some or all views, and prints every row and field that differs.") { some }, (p, plane, ct) => CompareAsync(plane, p.GetValue(some)!, rows: true, ct)),
            With(new("retry", "Tries again the event that has stopped a view.") { name }, (p, plane, ct) => ResumeAsync(plane, $"/v1/projections/{Escaped(p.GetValue(name)!)}/retry", body: null, ct)),
            With(new("skip", "Leaves out the event that has stopped a view.") { name, position, reason },
                (p, plane, ct) => ResumeAsync(plane, $"/v1/projections/{Escaped(p.GetValue(name)!)}/skip", new { position = p.GetValue(position), reason = p.GetValue(reason) }, ct)),
        };
        return command;

        Command With(Command made, Func<ParseResult, ControlPlane, CancellationToken, Task<int>> run)
        {
            made.SetAction((parsed, ct) => ControlPlane.RunAsync(connect(parsed), plane => run(parsed, plane, ct)));
            return made;
        }
    }

    private static async Task<int> ListAsync(ControlPlane plane, CancellationToken ct)
    {
        var table = new Table().AddColumns("view", "version", "state", "position", "behind", "stopped at");
        foreach (var view in await AllAsync(plane, ct))
        {
            table.AddRow(Cell(view["name"]), Cell(view["version"]), Cell(view["state"]), Cell(view["position"]), Number(Whole(view["head"]) - Whole(view["position"])),
                view["stopped"] is { } s ? Markup.Escape($"{Whole(s["position"])} ({s["stream"]}): {s["error"]}") : "");
        }

        Printed.Rows(table);
        return 0;
    }

    private static async Task<int> StatusAsync(ControlPlane plane, string name, CancellationToken ct)
    {
        var view = await plane.GetAsync($"/v1/projections/{Escaped(name)}", ct);
        var table = new Table().AddColumns("", "").HideHeaders();
        foreach (var field in new[] { "name", "version", "state", "position", "head", "isStale" }) table.AddRow(field, Cell(view[field]));
        if (view["stopped"] is { } stopped) table.AddRow("stopped at", Markup.Escape($"{Whole(stopped["position"])} ({stopped["stream"]}): {stopped["error"]}"));
        if (view["build"] is { } build) table.AddRow("last build", Markup.Escape(Told(build)));
        foreach (var skip in view["skipped"]!.AsArray()) table.AddRow("skipped", Markup.Escape($"{skip!["position"]} ({skip["stream"]}) by {skip["actor"]} at {skip["at"]}: {skip["reason"]}"));
        Printed.Rows(table);
        return 0;
    }

    private static async Task<int> RebuildAsync(ControlPlane plane, string[] names, CancellationToken ct)
    {
        if (names.Length == 0)
        {
            names = [.. (await AllAsync(plane, ct)).Select(v => Text(v["name"]))];
            await plane.PostAsync("/v1/projections/rebuild", body: null, ct);
        }
        else
        {
            foreach (var name in names) await plane.PostAsync($"/v1/projections/{Escaped(name)}/rebuild", body: null, ct);
        }

        var failed = false;
        foreach (var name in names)
        {
            var build = await FollowAsync(plane, name, "rebuild", ct);
            failed |= Text(build["state"]) != "Done";
            Printed.Console.WriteLine($"{name}: {Told(build)}");
        }

        return failed ? 1 : 0;
    }

    private static async Task<int> CompareAsync(ControlPlane plane, string[] names, bool rows, CancellationToken ct)
    {
        var differ = false;
        foreach (var name in names.Length > 0 ? names : [.. (await AllAsync(plane, ct)).Select(v => Text(v["name"]))])
        {
            await plane.PostAsync($"/v1/projections/{Escaped(name)}/verify", body: null, ct);
            var build = await FollowAsync(plane, name, "verify", ct);
            if (build["found"] is not { } found)
            {
                Printed.Console.WriteLine($"{name}: {Told(build)}");
                differ = true;
                continue;
            }

            var different = found["different"]!.AsArray();
            var others = Whole(found["othersDifferent"]);
            differ |= different.Count > 0 || others > 0;
            Printed.Console.WriteLine($"{name}: {Number(Whole(found["rows"]))} rows at position {Whole(found["position"])}, {different.Count} differ, {others} of the past and of lists; {Told(build)}");
            if (rows && different.Count > 0) Printed.Rows(Differences(different));
        }

        return differ ? 1 : 0;
    }

    private static Table Differences(JsonArray different)
    {
        var table = new Table().AddColumns("row", "field", "is", "should be");
        foreach (var row in different)
        {
            foreach (var (field, pair) in row!["fields"]!.AsObject()) table.AddRow(Cell(row["id"]), Markup.Escape(field), Cell(pair!["is"]), Cell(pair["should"]));
        }

        return table;
    }

    private static async Task<int> ResumeAsync(ControlPlane plane, string path, object? body, CancellationToken ct)
    {
        var view = await plane.PostAsync(path, body, ct);
        Printed.Console.WriteLine($"{view["name"]}: goes on.");
        return 0;
    }

    /// <summary>Follows a build to its end.</summary>
    private static async Task<JsonNode> FollowAsync(ControlPlane plane, string name, string kind, CancellationToken ct)
    {
        var path = $"/v1/projections/{Escaped(name)}";
        return await Printed.Console.Progress().AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask($"{kind} {name}");
                using var timer = new PeriodicTimer(Again, TimeProvider.System);
                while (true)
                {
                    var build = (await plane.GetAsync(path, ct))["build"]!;
                    task.MaxValue = Math.Max(1, Whole(build["target"]));
                    task.Value = Whole(build["progress"]!["position"]);
                    task.Description = $"{kind} {name} ({Number(Whole(build["progress"]!["eventsPerSecond"]))} events/s)";
                    if (Text(build["state"]) is "Done" or "Failed") return build;
                    await timer.WaitForNextTickAsync(ct);
                }
            });
    }

    private static async Task<IEnumerable<JsonNode>> AllAsync(ControlPlane plane, CancellationToken ct) =>
        (await plane.GetAsync("/v1/projections", ct))["projections"]!.AsArray().Select(v => v!);

    private static string Told(JsonNode build)
    {
        var progress = build["progress"]!;
        var told = $"{Text(build["kind"])} {Text(build["state"])}, {Number(Whole(progress["events"]))} events at {Number(Whole(progress["eventsPerSecond"]))}/s";
        if (build["endedAt"] is { } ended) told += string.Create(CultureInfo.InvariantCulture, $" in {(ended.GetValue<DateTimeOffset>() - build["startedAt"]!.GetValue<DateTimeOffset>()).TotalSeconds:0.0} s");
        return build["error"] is { } error ? $"{told}: {error}" : told;
    }

    private static string Escaped(string name) => Uri.EscapeDataString(name);

    private static string Text(JsonNode? value) => value?.ToString() ?? "";

    private static string Cell(JsonNode? value) => Markup.Escape(Text(value));

    private static long Whole(JsonNode? value) => value is null ? 0 : (long)value.GetValue<double>();

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
