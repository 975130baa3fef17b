using Spectre.Console;

namespace IaaS.Replay;

/// <summary>What there is after the last event, and one stream in full.</summary>
public static class Summary
{
    public static void Write(Screen screen, Sandbox sandbox)
    {
        if (sandbox.Log.Count == 0)
        {
            screen.Line("The log has no events up to here.");
            return;
        }

        var (first, last) = (sandbox.Log[0], sandbox.Log[^1]);
        screen.Line($"{Screen.Whole(sandbox.Log.Count)} events of {Screen.Whole(sandbox.Streams.Count)} streams, position {Screen.Whole(first.Position)} to {Screen.Whole(last.Position)}, {Screen.Time(first.At)} to {Screen.Time(last.At)}");
        var table = new Table().AddColumns("kind", "streams", "events", "phase");
        foreach (var kind in sandbox.Streams.Values.GroupBy(s => s.Kind.Kind, StringComparer.Ordinal).OrderBy(k => k.Key, StringComparer.Ordinal))
        {
            var phases = kind.CountBy(s => StateKinds.PhaseOf(s.State), StringComparer.Ordinal).OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal);
            table.AddRow(kind.Key, Screen.Whole(kind.Count()), Screen.Whole(kind.Sum(s => s.Events.Count)), Markup.Escape(string.Join(", ", phases.Select(p => $"{Screen.Whole(p.Value)} {p.Key}"))));
        }

        screen.Rows(table);
    }

    public static void WriteStream(Screen screen, StreamHistory stream)
    {
        screen.Line($"{stream.Id} after version {Screen.Whole(stream.Events.Count)}:");
        screen.Line(StateView.Indented(stream.State));
        foreach (var happened in stream.Events)
        {
            screen.Line(Screen.Told(happened));
            screen.Line($"      {StateView.Text(happened.Event)}");
        }
    }
}
