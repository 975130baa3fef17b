using System.IO.Enumeration;
using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>Goes through a log event by event.</summary>
/// <param name="pattern">Stops before the first event whose name or stream it matches; * and ? stand for anything. Null for none.</param>
/// <param name="stream">Stops at events of this stream alone; null for all.</param>
public sealed class Walk(Screen screen, Sandbox sandbox, string? pattern, string? stream)
{
    private const string Help = "Enter: the next event.  c: on to the next match, or to the end.  p [STREAM]: the state of its stream, or of another.  q: enough.";

    /// <summary>Shows the first event that matches, and its stream before and after it.</summary>
    /// <returns>False when none matches.</returns>
    public bool Break()
    {
        if (Next(0, matching: true) is not (>= 0 and var at)) return NoMatch();
        var (happened, history) = (sandbox.Log[at], sandbox.Stream(sandbox.Log[at].Stream));
        screen.Line($"Before {Screen.Told(happened)}");
        screen.Line($"      {StateView.Text(happened.Event)}");
        screen.Line($"{history.Id} before:");
        screen.Line(StateView.Indented(history.At(happened.Version - 1)));
        screen.Line($"{history.Id} after:");
        screen.Line(StateView.Indented(history.At(happened.Version)));
        Changes(history, happened);
        return true;
    }

    /// <summary>Shows one event after the other, as it is asked to; with a pattern, from the first match on.</summary>
    public bool Step()
    {
        var at = Next(0, matching: pattern is not null);
        if (at < 0) return pattern is null || NoMatch();
        screen.Line(Help);
        while (at >= 0)
        {
            Show(sandbox.Log[at]);
            if (AskOn(at) is not { } next) return true;
            at = next;
        }

        screen.Line("The log ends here.");
        return true;
    }

    /// <returns>The place in the log to go on from, -1 for its end; null for no more.</returns>
    private int? AskOn(int at)
    {
        while (true)
        {
            var words = screen.Ask("> ")?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (words)
            {
                case null or ["q"]: return null;
                case []: return Next(at + 1, matching: false);
                case ["c"]: return pattern is null ? -1 : Next(at + 1, matching: true);
                case ["p"]: Print(sandbox.Log[at].Stream, at); break;
                case ["p", var other]: Print(other, at); break;
                default: screen.Line(Help); break;
            }
        }
    }

    private int Next(int from, bool matching)
    {
        for (var i = from; i < sandbox.Log.Count; i++)
        {
            if ((stream is null || sandbox.Log[i].Stream == stream) && (!matching || Matches(sandbox.Log[i]))) return i;
        }

        return -1;
    }

    private bool Matches(Recorded happened) =>
        FileSystemName.MatchesSimpleExpression(pattern, Sandbox.NameOf(happened), ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(pattern, happened.Stream, ignoreCase: false);

    private bool NoMatch()
    {
        screen.Line($"No event's name or stream matches {pattern}.");
        return false;
    }

    private void Show(Recorded happened)
    {
        screen.Line(Screen.Told(happened));
        screen.Line($"      {StateView.Text(happened.Event)}");
        Changes(sandbox.Stream(happened.Stream), happened);
    }

    private void Changes(StreamHistory history, Recorded happened)
    {
        foreach (var change in StateView.Differences(history.At(happened.Version - 1), history.At(happened.Version)))
            screen.Line($"      {change.Path}: {Screen.Cut(StateView.Text(change.Before))} -> {Screen.Cut(StateView.Text(change.After))}");
    }

    private void Print(string id, int at)
    {
        if (!sandbox.Streams.TryGetValue(id, out var history) || history.VersionAt(sandbox.Log[at].Position) is 0)
        {
            screen.Line($"There is no {id} yet.");
            return;
        }

        var version = history.VersionAt(sandbox.Log[at].Position);
        screen.Line($"{id} after version {Screen.Whole(version)}:");
        screen.Line(StateView.Indented(history.At(version)));
    }
}
