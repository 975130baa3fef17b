using System.Text.Json.Nodes;
using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>One field of one stream that is not what it was.</summary>
/// <param name="By">The last event that changed it.</param>
/// <param name="Times">How many events changed it in between.</param>
public sealed record FieldDiff(string Stream, string Path, JsonNode? Before, JsonNode? After, Recorded By, int Times);

/// <summary>What is different between two positions of a log, field by field, and what made it so.</summary>
public static class LogDiff
{
    /// <param name="stream">Of this stream alone; null for all.</param>
    public static IEnumerable<FieldDiff> Between(Sandbox sandbox, long from, long to, string? stream = null) =>
        (stream is null ? sandbox.Streams.Values : [sandbox.Stream(stream)]).SelectMany(s => Of(s, from, to));

    public static void Write(Screen screen, Sandbox sandbox, long from, long to, string? stream)
    {
        var streams = Between(sandbox, from, to, stream).GroupBy(d => d.Stream, StringComparer.Ordinal).ToList();
        foreach (var changed in streams)
        {
            screen.Line(changed.Key);
            foreach (var field in changed)
            {
                screen.Line($"  {field.Path}: {Text(field.Before)} -> {Text(field.After)}");
                screen.Line($"      {Cause(sandbox, field)}");
            }
        }

        var events = sandbox.Log.Count(e => e.Position > from && e.Position <= to && (stream is null || e.Stream == stream));
        screen.Line($"{Screen.Whole(events)} events, {Screen.Whole(streams.Count)} streams differ in {Screen.Whole(streams.Sum(s => s.Count()))} fields between position {Screen.Whole(from)} and {Screen.Whole(to)}");
    }

    private static IEnumerable<FieldDiff> Of(StreamHistory stream, long from, long to)
    {
        var (first, last) = (stream.VersionAt(from), stream.VersionAt(to));
        if (first >= last) return [];
        var differences = StateView.Differences(stream.At(first), stream.At(last));
        if (differences.Count == 0) return [];
        var changes = ChangesOf(stream, first, last);
        return differences.Select(d =>
        {
            var causes = changes.Where(c => Touches(c.Path, d.Path)).SelectMany(c => c.By).DistinctBy(e => e.Version).ToList();
            return new FieldDiff(stream.Id, d.Path, StateView.Json(d.Before), StateView.Json(d.After), causes.MaxBy(e => e.Version)!, causes.Count);
        });
    }

    /// <summary>Which events changed which field.</summary>
    private static List<(string Path, List<Recorded> By)> ChangesOf(StreamHistory stream, long first, long last)
    {
        Dictionary<string, List<Recorded>> changes = new(StringComparer.Ordinal);
        var before = stream.At(first);
        for (var version = first; version < last; version++)
        {
            var happened = stream.Events[(int)version];
            var after = stream.Kind.Evolve(before, happened.Event);
            foreach (var change in StateView.Differences(before, after))
            {
                if (!changes.TryGetValue(change.Path, out var by)) changes[change.Path] = by = [];
                by.Add(happened);
            }

            before = after;
        }

        return [.. changes.Select(c => (c.Key, c.Value))];
    }

    /// <summary>A field that came or went as a whole took its parts along.</summary>
    private static bool Touches(string changed, string field) => Within(changed, field) || Within(field, changed);

    private static bool Within(string part, string whole) =>
        part.StartsWith(whole, StringComparison.Ordinal) && (part.Length == whole.Length || whole.Length == 0 || part[whole.Length] == '.');

    private static string Cause(Sandbox sandbox, FieldDiff field)
    {
        var by = field.By;
        var workflow = sandbox.WorkflowOf(by.Origin.Correlation) is { Length: > 0 } name ? $" ({name})" : "";
        var times = field.Times > 1 ? $", the last of {Screen.Whole(field.Times)} changes" : "";
        return $"{Sandbox.NameOf(by)} at position {Screen.Whole(by.Position)}, {Screen.Time(by.At)}, by {by.Origin.Actor}{Screen.Because(by.Origin)}{workflow}{times}";
    }

    private static string Text(JsonNode? value) => Screen.Cut(value?.ToJsonString(DomainJson.Options) ?? "null");
}
