using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IaaS.Cli;

/// <summary>Waiting for what was asked for.</summary>
public static class OperationCommands
{
    public static Command Follow(Func<ParseResult, ControlPlane> connect)
    {
        var id = new Argument<string>("operation") { Description = "Its id, as the answer to a change has it." };
        var command = new Command("follow", "Waits for the end of an operation and shows its step and percent. It ends with 1 when it has failed.") { id };
        command.SetAction((parsed, ct) => ControlPlane.RunAsync(connect(parsed), async plane =>
        {
            var end = await FollowAsync(plane, parsed.GetValue(id)!, ct);
            var error = end["error"] is { } why ? $": {why["code"]} {why["detail"]}" : "";
            Printed.Console.WriteLine($"{end["id"]} {end["name"]} {end["subject"]}: {end["state"]}{error}");
            return end["state"]?.ToString() == "Succeeded" ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Waits for the end of an operation. On a terminal one line of stderr says how far it is, and is cleared at the end.</summary>
    private static async Task<JsonNode> FollowAsync(ControlPlane plane, string id, CancellationToken ct)
    {
        var path = $"/v1/operations/{Uri.EscapeDataString(id)}";
        string? last = null;
        while (true)
        {
            try
            {
                await foreach (var heard in plane.EventsAsync($"{path}/events", last, ct))
                {
                    last = heard.EventId;
                    var body = JsonNode.Parse(heard.Data)!;
                    Show(heard.EventType == "progress" ? $"{body["name"]} {body["percent"],3} % {body["step"]}{(body["state"]?.ToString() == "Undoing" ? " (undoing)" : "")}" : "");
                    if (heard.EventType is "succeeded" or "failed") return body;
                }
            }
            catch (IOException)
            {
                // Cut off before its end: the next stream goes on behind it.
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
        }
    }

    private static void Show(string line)
    {
        if (!Console.IsErrorRedirected) Console.Error.Write($"\r\e[K{line}");
    }
}
