using System.Text.Json;
using System.Text.Json.Nodes;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Replay.Redecide;

/// <summary>
/// Lets today's code decide again what the log has decided: each command of each step of each operation, on its stream as it was
/// right before the events that the step led to. Events are compared, not the outputs that steps hand on.
/// </summary>
public sealed class Redecider
{
    private const string Unsure = "what the steps before have returned is not on record";

    private readonly Sandbox sandbox;
    private readonly Verdict verdict = new();

    private Redecider(Sandbox sandbox) => this.sandbox = sandbox;

    public static Verdict Run(Sandbox sandbox, WorkflowCatalog workflows)
    {
        var redecider = new Redecider(sandbox);
        var led = sandbox.Log.Where(e => ResourceId.KindOf(e.Stream) != OperationId.Kind).ToLookup(e => e.Origin.Correlation, StringComparer.Ordinal);
        foreach (var of in led.Where(l => !sandbox.Streams.ContainsKey(l.Key)))
            redecider.verdict.Leave(of.Key.Length == 0 ? "events of no operation: the log has no commands of these" : "events of an operation that the log does not have", of.Count());
        foreach (var own in sandbox.Streams.Values.Where(s => s.Kind.Kind == OperationId.Kind))
            redecider.Redecide(OperationTrace.Of(own, [.. led[own.Id]], workflows), [.. led[own.Id]]);
        redecider.verdict.InOrder();
        return redecider.verdict;
    }

    private void Redecide(OperationTrace operation, List<Recorded> led)
    {
        verdict.Operations++;
        if (operation.Closed is { } why)
        {
            verdict.Leave($"operations: {why}");
            verdict.Leave($"events: {why}", led.Count);
            return;
        }

        verdict.Leave("choices: what the views showed at the time is not in the log", operation.Choices);
        foreach (var untold in operation.Untold) verdict.Leave($"steps: {untold}");
        foreach (var of in led.GroupBy(e => (e.Stream, e.Origin.Causation))) Match(operation, [.. of]);
        foreach (var ask in operation.Asks) Rest(ask);
    }

    /// <summary>Lays the events that one step led to on one stream to the commands of that step, in their order.</summary>
    private void Match(OperationTrace operation, List<Recorded> events)
    {
        var (stream, step) = (sandbox.Streams[events[0].Stream], events[0].Origin.Causation);
        var asks = operation.Asks.Where(a => a.Step == step).ToList();
        var commands = asks.SelectMany(a => a.Commands).Where(c => c.Command.Stream == stream.Id).ToList();
        for (var i = 0; i < events.Count;)
        {
            var first = events[i];
            var run = Run(events, i);
            var tried = commands.OrderBy(c => (c.Ask.Holds(first.Position) ? 0 : 2) + (c.Told ? 1 : 0))
                .Select(c => (Asked: c, Today: Today(stream, first.Version - 1, c.Command, first.Origin))).ToList();
            var (same, said) = tried.FirstOrDefault(t => t.Today is Answer.Accepts { Events: { Count: > 0 } all } && Begins(run, all));
            if (same is not null)
            {
                var count = ((Answer.Accepts)said).Events.Count;
                verdict.Same++;
                verdict.Events += count;
                same.Told = true;
                i += count;
                continue;
            }

            i += Mismatch(operation, asks, tried, stream, run);
        }
    }

    /// <returns>How many of the events have been told of.</returns>
    private int Mismatch(OperationTrace operation, List<Ask> asks, List<(Asked Asked, Answer Today)> tried, StreamHistory stream, List<Recorded> run)
    {
        var step = run[0].Origin.Causation;
        if (Untold(operation, asks, step) is { } why)
        {
            verdict.Leave($"events: {why}", run.Count);
            return run.Count;
        }

        var (asked, today) = tried.OrderByDescending(t => Likeness(run[0].Event, t.Today)).FirstOrDefault();
        var gone = asks.Find(a => a.Skipped && a.Holds(run[0].Position));
        if (asked is null || gone is not null)
        {
            var what = gone switch
            {
                null => $"step {step} asks nothing of {stream.Id}",
                { Way: Way.Undo } => $"step {step} is not undone",
                _ => $"step {step} is left out",
            };
            Differ(operation, step, gone?.Way ?? Way.Do, "", run, new Answer.Other(what));
            return run.Count;
        }

        asked.Told = true;
        // Where today's events are of the same names as some of the log's, these belong together.
        var same = 1;
        if (today is Answer.Accepts { Events: var events })
            while (same < run.Count && same < events.Count && run[same].Event.GetType() == events[same].GetType()) same++;
        Differ(operation, step, asked.Ask.Way, asked.Command.GetType().Name, run[..same], today);
        return same;
    }

    private static string? Untold(OperationTrace operation, List<Ask> asks, string step) =>
        !operation.Knows(step) ? $"today's {operation.Workflow} has no step {step}"
        : asks.Find(a => a.Untold is not null)?.Untold
            ?? (asks.Count > 0 && asks.TrueForAll(a => a.Unsure) ? Unsure : null);

    private void Differ(OperationTrace operation, string step, Way way, string command, List<Recorded> recorded, Answer today) =>
        verdict.Add(new(operation, step, way, recorded[0].Stream, recorded[0].Version, recorded[0].Position, command, recorded, Refusal: null, today));

    /// <summary>What the log has no events of: what was so already, what was refused, and what no command decides.</summary>
    private void Rest(Ask ask)
    {
        if (ask.Outcome is Outcome.Open) return;
        verdict.Leave("wishes: what hosts answered is not decided here", ask.Wishes);
        if ((ask.Untold ?? (ask.Unsure ? Unsure : null)) is { } why)
        {
            verdict.Leave($"steps: {why}");
            return;
        }

        switch (ask)
        {
            case { Outcome: Outcome.Done }:
                foreach (var asked in ask.Commands.Where(c => !c.Told)) Already(asked);
                break;
            case { Outcome: Outcome.ChosenAgain }:
            case { Outcome: Outcome.Failed, Kind: StepKind.Choice }:
                verdict.Leave("refusals of what was chosen: the log does not say which command refused");
                break;
            case { Outcome: Outcome.Failed, Error: { } error } when ask.Commands.Count > 0:
                if (IsDecided(error)) Refused(ask, error);
                else verdict.Leave($"steps that were given up: {error.Code}");
                break;
        }
    }

    /// <summary>Done without an event: at some moment of the step, today's code must find it so already.</summary>
    private void Already(Asked asked)
    {
        var (ask, said) = (asked.Ask, Answers(asked));
        if (said.Any(a => a.Today is Answer.Accepts { Events.Count: 0 })) verdict.Same++;
        else verdict.Add(Silent(asked, said.Last(), refusal: null));
    }

    /// <summary>Refused: at some moment of the step, today's code must refuse one of its commands for the same reason.</summary>
    private void Refused(Ask ask, Rejection error)
    {
        if (ask.Commands.SelectMany(Answers).Any(a => a.Today is Answer.Rejects { Why.Code: var code } && code == error.Code)) verdict.Same++;
        else verdict.Add(Silent(ask.Commands[0], Answers(ask.Commands[0]).Last(), error));
    }

    private static Difference Silent(Asked asked, (long Version, Answer Today) said, Rejection? refusal) =>
        new(asked.Ask.Operation, asked.Ask.Step, asked.Ask.Way, asked.Command.Stream, said.Version, asked.Ask.Until, asked.Command.GetType().Name, [], refusal, said.Today);

    private IEnumerable<(long Version, Answer Today)> Answers(Asked asked)
    {
        var stream = sandbox.Streams.GetValueOrDefault(asked.Command.Stream) ?? new StreamHistory(asked.Command.Stream, StateKinds.Of(asked.Command.Stream));
        var origin = new Origin(asked.Ask.Operation.Actor, asked.Ask.Operation.Id, asked.Ask.Step);
        var last = stream.VersionAt(asked.Ask.Until);
        for (var version = stream.VersionAt(asked.Ask.After); version <= last; version++) yield return (version, Today(stream, version, asked.Command, origin));
    }

    /// <summary>What the owner of the stream would answer today.</summary>
    private static Answer Today(StreamHistory stream, long version, ICommand command, Origin origin)
    {
        try
        {
            return stream.Kind.Decide(stream.At(version), command) switch
            {
                Decision.Accepted accepted => new Answer.Accepts(accepted.Events),
                // The step that began a stream is not refused because there is one: see StreamOwner.
                Decision.Rejected when version > 0 && stream.Events[0].Origin == origin => new Answer.Accepts([]),
                Decision.Rejected rejected => new Answer.Rejects(rejected.Reason),
                _ => new Answer.Other("neither accepts nor rejects"),
            };
        }
        catch (Exception e)
        {
            // Today's code on any state that ever was: that it throws is what is to be told.
            return new Answer.Other($"throws {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>Events of the same step in a row, from one of them on.</summary>
    private static List<Recorded> Run(List<Recorded> events, int from)
    {
        var end = from + 1;
        while (end < events.Count && events[end].Version == events[end - 1].Version + 1) end++;
        return events[from..end];
    }

    private static bool Begins(List<Recorded> run, IReadOnlyList<IEvent> today) =>
        today.Count <= run.Count && today.Select((e, i) => e.GetType() == run[i].Event.GetType() && JsonNode.DeepEquals(Stored(e), Stored(run[i].Event))).All(same => same);

    /// <summary>As the store gives it back.</summary>
    private static JsonNode? Stored(IEvent happened) => JsonNode.Parse(StorableText.OfJson(JsonSerializer.Serialize(happened, happened.GetType(), DomainJson.Options)));

    private static int Likeness(IEvent recorded, Answer today) => today switch
    {
        Answer.Accepts { Events: [var first, ..] } when first.GetType() == recorded.GetType() =>
            2 + Stored(recorded)!.AsObject().Count(f => JsonNode.DeepEquals(f.Value, Stored(first)![f.Key])),
        Answer.Accepts { Events.Count: > 0 } => 1,
        _ => 0,
    };

    /// <summary>A refusal by a stream, not the engine's own word.</summary>
    private static bool IsDecided(Rejection error) =>
        error.Kind is not (RejectionKind.TimedOut or RejectionKind.Unavailable) && error.Code != "operation.cancelled";
}
