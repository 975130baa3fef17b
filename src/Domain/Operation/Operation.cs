using System.Collections.Immutable;
using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Domain.Operation;

/// <summary>One execution of a workflow: the job that a client polls, and the record of who asked for what.</summary>
public readonly record struct OperationId(string Value) : IResourceId<OperationId>
{
    public static string Kind => "op";
    public static OperationId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <param name="Subject">The id of the resource that it is about.</param>
/// <param name="Project">Whose it is; null for infrastructure.</param>
/// <param name="Deadline">From then on it is undone, unless it is past the point of no return.</param>
/// <param name="Node">The process that runs it.</param>
/// <param name="Fingerprint">Of the request, to tell a repeat from another request under the same idempotency key.</param>
[EventName("operation.started/1")]
public sealed record OperationStarted(
    OperationId Operation, string Workflow, string Subject, string? Project, JsonElement Input,
    DateTimeOffset Deadline, string Node, string Fingerprint) : IEvent;

/// <summary>Another process took it over, after the one that ran it had ended.</summary>
[EventName("operation.resumed/1")]
public sealed record OperationResumed(string Node) : IEvent;

/// <summary>Recorded before the choice is acted on, so that whatever it leads to can be found again.</summary>
/// <param name="Done">The steps that were done before it and are not on record yet.</param>
[EventName("operation.chosen/2")]
public sealed record StepChosen(IReadOnlyList<StepDone> Done, string Step, string Choice) : IEvent;

[EventName("operation.advanced/1")]
public sealed record OperationAdvanced(IReadOnlyList<StepDone> Steps) : IEvent;

/// <param name="Output">What the step returned; empty when skipped or when there is nothing to return.</param>
public sealed record StepDone(string Step, string Output);

/// <param name="UndoFrom">The last step that may have had an effect.</param>
[EventName("operation.step-failed/1")]
public sealed record StepFailed(string Step, Rejection Error, string UndoFrom) : IEvent;

/// <summary>Somebody asked to give it up; what follows undoes it.</summary>
/// <param name="By">The token that asked.</param>
[EventName("operation.cancelled/1")]
public sealed record OperationCancelled(string By) : IEvent;

/// <summary>The undo will be tried again until it succeeds.</summary>
[EventName("operation.undo-failed/1")]
public sealed record UndoFailed(string Step, Rejection Error) : IEvent;

[EventName("operation.step-undone/1")]
public sealed record StepUndone(string Step) : IEvent;

/// <summary>
/// An administrator looks after what a step leaves behind that does not succeed, as where a storage has gone for ever. The operation goes
/// on as if it had: done, with nothing returned, or undone. The event's origin says who.
/// </summary>
[EventName("operation.handed-over/1")]
public sealed record OperationHandedOver(string Step, string Reason) : IEvent;

/// <param name="Done">Its last steps, those that are not on record yet.</param>
[EventName("operation.succeeded/2")]
public sealed record OperationSucceeded(IReadOnlyList<StepDone> Done) : IEvent;

/// <summary>Everything that was done has been undone.</summary>
[EventName("operation.failed/1")]
public sealed record OperationFailed(Rejection Error) : IEvent;

public enum OperationPhase { Absent, Running, Undoing, Succeeded, Failed }

public sealed record OperationFailure(string Step, Rejection Error, string UndoFrom);

/// <summary>What a step returned. The steps behind it ask for it again and again; it is parsed once.</summary>
public readonly struct StepOutput(string text) : IEquatable<StepOutput>
{
    private readonly Said? said = text.Length == 0 ? null : new Said(text);

    /// <summary>As the event has it; empty for a step that returns nothing.</summary>
    public string Text => said?.Text ?? "";

    /// <param name="parse">Of the text and of what the operation was asked for alone. Two threads may both call it.</param>
    public T As<T>(Func<string, T> parse) where T : class
    {
        if (said?.Parsed is T known) return known;
        var value = parse(Text);
        said?.Parsed = value;
        return value;
    }

    public bool Equals(StepOutput other) => string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is StepOutput other && Equals(other);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    public static bool operator ==(StepOutput left, StepOutput right) => left.Equals(right);

    public static bool operator !=(StepOutput left, StepOutput right) => !left.Equals(right);

    private sealed class Said(string text)
    {
        public string Text => text;

        public object? Parsed { get; set; }
    }
}

/// <summary>How far one operation has come.</summary>
public sealed record OperationState(
    OperationPhase Phase, OperationStarted? Started, string Node,
    ImmutableDictionary<string, StepOutput> Outputs, ImmutableDictionary<string, string> Choices,
    OperationFailure? Failure, ImmutableHashSet<string> Undone) : IState<OperationState>
{
    public static string Kind => OperationId.Kind;

    /// <summary>Steps that were left to an administrator, in their order.</summary>
    public ImmutableList<OperationHandedOver> HandedOver { get; init; } = [];

    public static OperationState Empty { get; } = new(OperationPhase.Absent, null, "",
        ImmutableDictionary.Create<string, StepOutput>(StringComparer.Ordinal), ImmutableDictionary.Create<string, string>(StringComparer.Ordinal),
        null, ImmutableHashSet.Create<string>(StringComparer.Ordinal));

    public static OperationState Evolve(OperationState state, IEvent happened) => happened switch
    {
        OperationStarted e => state with { Phase = OperationPhase.Running, Started = e, Node = e.Node },
        OperationResumed e => state with { Node = e.Node },
        StepChosen e => state with { Outputs = With(state.Outputs, e.Done), Choices = state.Choices.SetItem(e.Step, e.Choice) },
        OperationAdvanced e => state with { Outputs = With(state.Outputs, e.Steps) },
        StepFailed e => state with { Phase = OperationPhase.Undoing, Failure = new(e.Step, e.Error, e.UndoFrom) },
        StepUndone e => state with { Undone = state.Undone.Add(e.Step) },
        OperationHandedOver e when state.HasHandedOver(e.Step, e.Reason) => state,
        OperationHandedOver e when state.Failure is null => state with { Outputs = state.Outputs.SetItem(e.Step, default), HandedOver = state.HandedOver.Add(e) },
        OperationHandedOver e => state with { Undone = state.Undone.Add(e.Step), HandedOver = state.HandedOver.Add(e) },
        OperationSucceeded e => state with { Phase = OperationPhase.Succeeded, Outputs = With(state.Outputs, e.Done) },
        OperationFailed => state with { Phase = OperationPhase.Failed },
        _ => state,
    };

    private static ImmutableDictionary<string, StepOutput> With(ImmutableDictionary<string, StepOutput> outputs, IReadOnlyList<StepDone> done)
    {
        foreach (var step in done) outputs = outputs.SetItem(step.Step, new(step.Output));
        return outputs;
    }

    /// <summary>Whether this has been asked for before: for that step, or, where none is named, for that reason.</summary>
    public bool HasHandedOver(string? step, string reason) =>
        HandedOver.Exists(h => step is null ? string.Equals(h.Reason, reason, StringComparison.Ordinal) : string.Equals(h.Step, step, StringComparison.Ordinal));
}
