using IaaS.Domain.Kernel;

namespace IaaS.Replay.Redecide;

/// <summary>Tells what re-deciding a log has found.</summary>
public static class RedecideReport
{
    /// <param name="only">Tells of differences on this stream or in this operation alone; null for all.</param>
    /// <returns>False when decisions differ.</returns>
    public static bool Write(Screen screen, Verdict verdict, string? only)
    {
        var different = verdict.Different.Where(d => only is null || d.Stream == only || d.Operation.Id == only).ToList();
        foreach (var difference in different) Write(screen, difference);
        screen.Line($"{Screen.Whole(verdict.Operations)} operations, {Screen.Whole(verdict.Redecided)} decisions decided again ({Screen.Whole(verdict.Events)} events): {Screen.Whole(verdict.Same)} the same, {Screen.Whole(verdict.Different.Count)} different");
        if (verdict.Left.Count > 0) screen.Line("Not decided again:");
        foreach (var (why, times) in verdict.Left) screen.Line($"  {times,6}  {why}");
        return different.Count == 0;
    }

    private static void Write(Screen screen, Difference difference)
    {
        var step = $"{difference.Operation.Id} ({difference.Operation.Workflow}), {(difference.Way is Way.Undo ? "undo of " : "")}step {difference.Step}";
        var command = difference.Command.Length > 0 ? $", {difference.Command}" : "";
        screen.Line($"{step}{command} on {difference.Stream}:");
        foreach (var recorded in difference.Recorded)
            screen.Line($"  the log  {Named(recorded.Event)}  at position {Screen.Whole(recorded.Position)}, version {Screen.Whole(recorded.Version)}, {Screen.Time(recorded.At)}, by {recorded.Origin.Actor}");
        if (difference.Recorded.Count == 0)
            screen.Line($"  the log  {(difference.Refusal is { } refusal ? $"refused with {refusal.Code}: {refusal.Detail}" : "nothing: it was so already")}  by position {Screen.Whole(difference.Position)}");
        foreach (var line in Told(difference.Today)) screen.Line($"  today    {line}");
        screen.Line();
    }

    private static IEnumerable<string> Told(Answer today) => today switch
    {
        Answer.Accepts { Events.Count: 0 } => ["nothing: it is so already"],
        Answer.Accepts { Events: var events } => events.Select(Named),
        Answer.Rejects { Why: var why } => [$"refused with {why.Code}: {why.Detail}"],
        Answer.Other { What: var what } => [what],
        _ => [],
    };

    private static string Named(IEvent happened) => $"{Sandbox.Names.NameOf(happened.GetType())} {StateView.Text(happened)}";
}
