using System.Text.Json;
using System.Text.Json.Nodes;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Replay.Redecide;

namespace IaaS.Replay.Tests;

public sealed class RedecideTests
{
    private static readonly WorkflowCatalog Workflows = new();

    [Fact]
    public async Task Todays_code_decides_a_recorded_log_as_it_was()
    {
        var sandbox = await Given.LoadAsync(Given.Recorded);

        var verdict = Redecider.Run(sandbox, Workflows);

        Assert.Empty(verdict.Different);
        Assert.True(verdict.Redecided > 100);
        Assert.Equal(verdict.Redecided, verdict.Same);
        Assert.Equal(40, verdict.Operations);
        AllEventsAreAccountedFor(sandbox, verdict);
    }

    [Fact]
    public async Task So_it_does_a_log_with_volumes_snapshots_and_maintenance()
    {
        var sandbox = await Given.LoadAsync(Given.RecordedLater);

        var verdict = Redecider.Run(sandbox, Workflows);

        Assert.Empty(verdict.Different);
        Assert.Equal(verdict.Redecided, verdict.Same);
        AllEventsAreAccountedFor(sandbox, verdict);
        var names = sandbox.Log.Select(e => e.Event.GetType().Name).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>(["VmVolumeAttached", "SnapshotTaken", "VolumeSnapshotRemoved", "VmFailedOver", "MaintenanceEntered", "ImageMade", "VmNicAttached", "VmNicDetached"], StringComparer.Ordinal), names);
    }

    /// <summary>Crashes, lost answers and undone operations included.</summary>
    [Theory]
    [InlineData(1, 15)]
    [InlineData(16, 30)]
    public async Task Todays_code_decides_what_it_has_just_written_as_it_was(int first, int last)
    {
        for (var seed = first; seed <= last; seed++)
        {
            var sandbox = await Given.LoadAsync(Given.Live(seed).Store.Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries));

            var verdict = Redecider.Run(sandbox, Workflows);

            Assert.True(verdict.Different.Count == 0, $"seed {seed}: {string.Join("; ", verdict.Different.Select(d => $"{d.Operation.Id}/{d.Step} on {d.Stream} at {d.Position}"))}");
            AllEventsAreAccountedFor(sandbox, verdict);
        }
    }

    /// <summary>Each event that an operation led to, changed by hand in each of its numbers and texts, one at a time.</summary>
    [Fact]
    public async Task Any_event_that_was_changed_by_hand_is_found()
    {
        var lines = Given.Lines;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = JsonNode.Parse(lines[i])!;
            if (((string)line["stream"]!).StartsWith("op-", StringComparison.Ordinal) || ((string)line["origin"]!["correlation"]!).Length == 0) continue;
            // One of each name in each step is enough.
            if (!names.Add($"{line["name"]} {line["origin"]!["causation"]}")) continue;
            foreach (var changed in Changed(line["data"]!))
            {
                var sandbox = await Given.LoadAsync([.. lines[..i], With(line, changed), .. lines[(i + 1)..]]);

                var verdict = Redecider.Run(sandbox, Workflows);

                Assert.True(verdict.Different.Any(d => d.Recorded.Any(r => r.Position == (long)line["position"]!)), $"{line.ToJsonString()} was changed to {changed.ToJsonString()}");
                AllEventsAreAccountedFor(sandbox, verdict);
            }
        }

        Assert.Contains("host.capacity-released/1 host", names);
        Assert.Contains("vm.creation-failed/1 request", names);
        Assert.Contains("vm.recycled/1 recycled", names);
    }

    [Fact]
    public async Task An_event_that_is_not_there_is_found()
    {
        var last = Given.Lines.Select((l, i) => (Line: JsonNode.Parse(l)!, Index: i)).Last(l => (string)l.Line["name"]! == "vm.created/1");
        // Only at the end of a stream can an event be left out of a log that is whole.
        var sandbox = await Given.LoadAsync(Given.Lines.Where((l, i) => i < last.Index || (i > last.Index && (string)JsonNode.Parse(l)!["stream"]! != (string)last.Line["stream"]!)));

        var found = Assert.Single(Redecider.Run(sandbox, Workflows).Different, d => d.Stream == (string)last.Line["stream"]! && d.Step == "created");

        Assert.Empty(found.Recorded);
        Assert.Null(found.Refusal);
        Assert.IsType<Domain.Vm.VmCreated>(Assert.Single(Assert.IsType<Answer.Accepts>(found.Today).Events));
    }

    [Fact]
    public async Task A_refusal_for_another_reason_is_found()
    {
        const string Code = "vm.already-exists";
        var (line, index) = Given.Lines.Select((l, i) => (l, i)).First(l => l.l.Contains("operation.step-failed/1", StringComparison.Ordinal) && l.l.Contains(Code, StringComparison.Ordinal));
        var lines = Given.Lines;
        lines[index] = line.Replace(Code, "vm.of-another-time", StringComparison.Ordinal);

        var found = Assert.Single(Redecider.Run(await Given.LoadAsync(lines), Workflows).Different);

        Assert.Equal("vm.of-another-time", found.Refusal!.Code);
        Assert.Equal(Code, Assert.IsType<Answer.Rejects>(found.Today).Why.Code);
    }

    [Fact]
    public async Task The_program_tells_the_difference_and_ends_with_1()
    {
        var lines = Given.Lines;
        var index = Array.FindIndex(lines, l => l.Contains("\"host.capacity-reserved/1\"", StringComparison.Ordinal));
        var line = JsonNode.Parse(lines[index])!;
        var cpus = (int)line["data"]!["cpus"]!;
        line["data"]!["cpus"] = cpus + 1;
        lines[index] = line.ToJsonString();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(file, lines);

            var (code, output, errors) = await Given.RunAsync("", file, "--redecide");

            Assert.Empty(errors);
            Assert.Equal(1, code);
            Assert.Contains($"{line["origin"]!["correlation"]} (vm.create), step place, ReserveCapacity on {line["stream"]}:", output, StringComparison.Ordinal);
            Assert.Contains($"at position {line["position"]},", output, StringComparison.Ordinal);
            Assert.Contains($"\"cpus\":{cpus},", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string With(JsonNode line, JsonNode data)
    {
        var changed = line.DeepClone();
        changed["data"] = data;
        return changed.ToJsonString();
    }

    /// <summary>The same with one number or text changed, for each of them.</summary>
    private static IEnumerable<JsonNode> Changed(JsonNode data)
    {
        for (var i = 0; i < Leaves(data).Count(); i++)
        {
            var copy = data.DeepClone();
            var leaf = Leaves(copy).ElementAt(i);
            // What is one of a list cannot be any text.
            if (leaf.GetPath().EndsWith(".kind", StringComparison.Ordinal)) continue;
            leaf.ReplaceWith(leaf.GetValueKind() switch
            {
                JsonValueKind.Number => JsonValue.Create((long)leaf + 1),
                JsonValueKind.String when leaf.AsValue().TryGetValue<DateTimeOffset>(out var at) => JsonValue.Create(at.AddSeconds(-1)),
                JsonValueKind.String => JsonValue.Create($"{(string)leaf!}1"),
                _ => JsonValue.Create(!(bool)leaf),
            });
            yield return copy;
        }
    }

    private static IEnumerable<JsonNode> Leaves(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Leaves(p.Value)),
        JsonArray a => a.SelectMany(Leaves),
        null => [],
        _ => [node],
    };

    private static void AllEventsAreAccountedFor(Sandbox sandbox, Verdict verdict) => Assert.Equal(sandbox.Log.Count,
        sandbox.Log.Count(e => ResourceId.KindOf(e.Stream) == OperationId.Kind) + verdict.Events + verdict.Left.Where(l => l.Key.StartsWith("events", StringComparison.Ordinal)).Sum(l => l.Value));
}
