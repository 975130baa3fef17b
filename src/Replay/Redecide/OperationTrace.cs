using System.Text.Json;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Replay.Redecide;

/// <summary>One operation of the log, walked along today's table of its workflow.</summary>
public sealed class OperationTrace
{
    private readonly IReadOnlyList<Recorded> others;
    private readonly List<Ask> asks = [];
    private readonly List<string> untold = [];
    private IWorkflow workflow = null!;
    private object input = null!;
    private OperationState end = OperationState.Empty;
    private IReadOnlyCollection<string> done = [];

    private OperationTrace(string id, string name, string actor, IReadOnlyList<Recorded> others) => (Id, Workflow, Actor, this.others) = (id, name, actor, others);

    public string Id { get; }

    public string Workflow { get; }

    public string Actor { get; }

    /// <summary>In the order in which they were asked, as far as the log tells.</summary>
    public IReadOnlyList<Ask> Asks => asks;

    /// <summary>Why nothing of it can be walked; null when it can.</summary>
    public string? Closed { get; private set; }

    /// <summary>Why steps that the log has as done cannot be walked.</summary>
    public IReadOnlyList<string> Untold => untold;

    /// <summary>How many choices it made. What views showed at the time is not in the log.</summary>
    public int Choices { get; private set; }

    public bool Knows(string step) => IndexOf(step) >= 0;

    /// <param name="own">The operation's stream.</param>
    /// <param name="others">The events that it led to on other streams, in the order of positions.</param>
    public static OperationTrace Of(StreamHistory own, IReadOnlyList<Recorded> others, WorkflowCatalog workflows)
    {
        var first = own.Events[0];
        if (first.Event is not OperationStarted started) return new(own.Id, "", first.Origin.Actor, others) { Closed = "the operation's record does not begin with its start" };
        var trace = new OperationTrace(own.Id, started.Workflow, first.Origin.Actor, others);
        if (workflows.All.FirstOrDefault(w => string.Equals(w.Name, started.Workflow, StringComparison.Ordinal)) is not { } workflow)
        {
            trace.Closed = $"this version has no workflow {started.Workflow}";
            return trace;
        }

        try
        {
            (trace.workflow, trace.input) = (workflow, workflow.ReadInput(started.Input));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            trace.Closed = $"this version cannot read the input of {started.Workflow}";
            return trace;
        }

        trace.Walk(MomentsOf(own.Events));
        return trace;
    }

    private static List<Moment> MomentsOf(IReadOnlyList<Recorded> events)
    {
        List<Moment> moments = [];
        var state = OperationState.Empty;
        var (before, last) = (0L, events[0]);
        foreach (var recorded in events)
        {
            // Events of one append have one time. What they tell of may have happened at any moment since the append before.
            if (recorded.At != last.At) before = last.Position;
            last = recorded;
            foreach (var part in PartsOf(recorded.Event))
            {
                var then = OperationState.Evolve(state, part);
                moments.Add(new(part, recorded, before, state, then));
                state = then;
            }
        }

        return moments;
    }

    /// <summary>Each step that was done by itself, and then what came of them.</summary>
    private static IEnumerable<IEvent> PartsOf(IEvent happened) => happened switch
    {
        OperationAdvanced { Steps: var steps } => Each(steps),
        StepChosen e => Each(e.Done).Append(e with { Done = [] }),
        OperationSucceeded e => Each(e.Done).Append(e with { Done = [] }),
        _ => [happened],
    };

    private static IEnumerable<IEvent> Each(IReadOnlyList<StepDone> steps) => steps.Select(s => new OperationAdvanced([s]));

    private void Walk(List<Moment> moments)
    {
        done = [.. moments[^1].Then.Outputs.Keys];
        Dictionary<string, Moment> chosen = new(StringComparer.Ordinal);
        foreach (var moment in moments)
        {
            end = moment.Then;
            switch (moment.Event)
            {
                case StepChosen e:
                    Choices++;
                    if (chosen.Remove(e.Step, out var refused)) Close(e.Step, refused, moment, Outcome.ChosenAgain);
                    chosen[e.Step] = moment;
                    break;
                case OperationAdvanced { Steps: [var step] }:
                    Done(step.Step, chosen.Remove(step.Step, out var acted) ? acted : null, moment);
                    break;
                case StepFailed e:
                    if (chosen.Remove(e.Step, out var last)) Close(e.Step, last, moment, Outcome.Failed, e.Error);
                    else if (IndexOf(e.Step) is >= 0 and var failed && workflow.Steps[failed].Kind is not StepKind.Choice) Add(failed, Way.Do, moment.State, After(failed, moment), moment.Recorded.Position, Outcome.Failed, e.Error);
                    break;
                case StepUndone e when IndexOf(e.Step) is >= 0 and var undone:
                    Add(undone, Way.Undo, moment.State, moment.Before, moment.Recorded.Position, Outcome.Done, skipped: !workflow.Steps[undone].CanUndo);
                    break;
            }
        }

        foreach (var (step, moment) in chosen) Close(step, moment, null, Outcome.Open);
        AddOpen();
    }

    /// <summary>A choice that was acted on, up to what came of it.</summary>
    private void Close(string step, Moment chosen, Moment? closed, Outcome outcome, Rejection? error = null)
    {
        if (IndexOf(step) is not (>= 0 and var index)) return;
        var until = closed?.Recorded.Position ?? long.MaxValue;
        Add(index, Way.Do, chosen.Then, chosen.Recorded.Position, until, outcome, error);
        // Refused, it is undone before another choice is on record; if that record fails, it may be done after all.
        if (workflow.Steps[index].CanUndo) Add(index, Way.Undo, chosen.Then, chosen.Recorded.Position, until, Outcome.Open);
    }

    private void Done(string step, Moment? chosen, Moment moment)
    {
        var index = IndexOf(step);
        if (index < 0)
        {
            untold.Add($"today's {Workflow} has no step {step}");
        }
        else if (chosen is not null)
        {
            Close(step, chosen, moment, Outcome.Done);
        }
        else
        {
            var skipped = Skips(index, moment.State);
            if (workflow.Steps[index].Kind is not StepKind.Choice || skipped) Add(index, Way.Do, moment.State, After(index, moment), moment.Recorded.Position, Outcome.Done, skipped: skipped);
            else untold.Add($"step {step} of today's {Workflow} makes a choice, and the log has none");
        }
    }

    /// <summary>What may have been asked for without a record of it: the last steps of an operation that is open, or that failed after a crash.</summary>
    private void AddOpen()
    {
        var last = end.Failure is { UndoFrom: var from } ? IndexOf(from) : workflow.Steps.Count - 1;
        for (var i = 0; i <= last; i++)
        {
            var step = workflow.Steps[i];
            if (step.Kind is not StepKind.Choice && !asks.Exists(a => a.Way is Way.Do && a.Step == step.Name)) Add(i, Way.Do, end, 0, long.MaxValue, Outcome.Open);
            if (end.Failure is not null && step.CanUndo && !end.Undone.Contains(step.Name) && (step.Kind is not StepKind.Choice || end.Choices.ContainsKey(step.Name)))
                Add(i, Way.Undo, end, 0, long.MaxValue, Outcome.Open);
        }
    }

    private void Add(int index, Way way, OperationState state, long after, long until, Outcome outcome, Rejection? error = null, bool skipped = false)
    {
        var shape = workflow.Steps[index];
        var ask = new Ask(this, shape.Name, shape.Kind, way, after, until, outcome)
        {
            Error = error,
            Skipped = skipped,
            Unsure = way is Way.Do && workflow.Steps.Take(index).Where((s, i) => !state.Outputs.ContainsKey(s.Name) && !WasAddedSince(i)).Any(),
        };
        try
        {
            IRequest asked = skipped ? new AllOf([]) : way is Way.Do ? workflow.Do(new(Id), input, state, index) : workflow.Undo(new(Id), input, state, index);
            var parts = Flat(asked).ToList();
            List<Asked> commands = [];
            ask = ask with { Wishes = parts.OfType<Wish>().Count(), Commands = commands };
            commands.AddRange(parts.OfType<ICommand>().Select(c => new Asked(ask, c)));
        }
        catch (Exception e)
        {
            // Another's code, on what may be another version's data: whatever it throws, the other operations go on.
            ask = ask with { Untold = $"step {shape.Name} of today's {Workflow} throws {e.GetType().Name} on what the log has" };
        }

        asks.Add(ask);
    }

    private bool Skips(int index, OperationState state)
    {
        try
        {
            return workflow.Next(new(Id), input, state) is Next.Skip(var step) && step == index;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Steps are recorded in their order: one that is not on record, and a later one is, was not in the workflow of that time.</summary>
    private bool WasAddedSince(int index) => !done.Contains(workflow.Steps[index].Name) && done.Any(s => IndexOf(s) > index);

    /// <summary>A step is asked for after what the steps before it led to.</summary>
    private long After(int index, Moment moment) => others
        .Where(e => e.Position < moment.Recorded.Position && IndexOf(e.Origin.Causation) is >= 0 and var earlier && earlier < index)
        .Select(e => e.Position).Append(moment.Before).Max();

    private static IEnumerable<IRequest> Flat(IRequest request) => request is AllOf all ? all.Requests.SelectMany(Flat) : [request];

    private int IndexOf(string step)
    {
        for (var i = 0; i < workflow.Steps.Count; i++)
        {
            if (string.Equals(workflow.Steps[i].Name, step, StringComparison.Ordinal)) return i;
        }

        return -1;
    }
}
