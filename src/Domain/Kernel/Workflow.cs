using System.Text.Json;
using IaaS.Domain.Operation;

namespace IaaS.Domain.Kernel;

/// <summary>What a step asks of.</summary>
public enum StepKind
{
    /// <summary>A command on a stream. Asked again it answers the same.</summary>
    Command,

    /// <summary>A wish to a driver. Asked again it holds once.</summary>
    Wish,

    /// <summary>
    /// A choice, recorded before it is acted on, and commands on what was chosen. Refused for want of capacity, they are
    /// undone and another choice is made.
    /// </summary>
    Choice,
}

/// <summary>Several requests made together; all have answered before the step goes on. Its output is a JSON array of theirs.</summary>
public sealed record AllOf(IReadOnlyList<IRequest> Requests) : IRequest
{
    public static AllOf These(params IReadOnlyList<IRequest> requests) => new(requests);
}

/// <summary>One step: what to ask for, and what to ask for to take it back.</summary>
/// <param name="Name">Stored in events; stable.</param>
/// <param name="Kind">What it asks of.</param>
/// <param name="Do">Asks for the effect. It may be asked more than once, so the effect is idempotent.</param>
/// <param name="Undo">
/// Asks for the reverse; null when there is nothing to take back. It may be asked where the effect never happened,
/// so it succeeds then; and it relies on the input, on choices and on the outputs of <see cref="Recorded"/> steps alone.
/// </param>
/// <typeparam name="TInput">What the workflow was asked for; stored with the operation.</typeparam>
public sealed record Step<TInput>(
    string Name, StepKind Kind, Func<Run<TInput>, IRequest> Do, Func<Run<TInput>, IRequest>? Undo = null)
{
    /// <summary>For <see cref="StepKind.Choice"/>: asks for the choice.</summary>
    public Func<Run<TInput>, IRequest>? Choose { get; init; }

    /// <summary>Past the point of no return: retried until it succeeds, whatever the deadline.</summary>
    public bool MustSucceed { get; init; }

    /// <summary>Its output is recorded before the next step begins, so that undos and later steps can rely on it.</summary>
    public bool Recorded { get; init; }

    /// <summary>Skipped where it does not apply, for example the release of a host that was never held.</summary>
    public Func<Run<TInput>, bool>? When { get; init; }
}

/// <summary>What the functions of a step see.</summary>
public sealed record Run<TInput>(OperationId Operation, TInput Input, OperationState State)
{
    /// <summary>What an earlier step returned; empty before it is done.</summary>
    public string this[string step] => Output(step).Text;

    /// <summary>The same, to be parsed.</summary>
    public StepOutput Output(string step) => State.Outputs.GetValueOrDefault(step);

    /// <summary>What was chosen last for a step; empty before.</summary>
    public string Chosen(string step) => State.Choices.GetValueOrDefault(step, "");

    /// <summary>Why the operation is being undone; null while it is not.</summary>
    public Rejection? Error => State.Failure?.Error;
}

/// <summary>The next thing to do for an operation.</summary>
public abstract record Next
{
    private Next() { }

    public sealed record Choose(int Step) : Next;
    public sealed record Do(int Step) : Next;
    public sealed record Skip(int Step) : Next;
    public sealed record Undo(int Step) : Next;
    public sealed record Complete : Next;
    public sealed record Fail(Rejection Error) : Next;
    public sealed record Over : Next;
}

/// <summary>A step as the engine sees it.</summary>
public sealed record StepShape(string Name, StepKind Kind, bool CanUndo, bool MustSucceed, bool Recorded);

/// <summary>A workflow as the engine sees it. Pure, hence resumable on any node after any crash.</summary>
public interface IWorkflow
{
    string Name { get; }

    /// <summary>How long it may take before it is undone.</summary>
    TimeSpan TimeLimit { get; }

    IReadOnlyList<StepShape> Steps { get; }

    /// <summary>What it has done stays when it is given up, as where its parts are operations of their own.</summary>
    bool Keeps { get; }

    Type InputType { get; }

    object ReadInput(JsonElement input);

    Next Next(OperationId operation, object input, OperationState state);

    /// <summary>False for a step that is skipped. To be asked when the <see cref="StepShape.Recorded"/> steps before it are done.</summary>
    bool Applies(OperationId operation, object input, OperationState state, int step);

    IRequest Do(OperationId operation, object input, OperationState state, int step);

    IRequest Choose(OperationId operation, object input, OperationState state, int step);

    IRequest Undo(OperationId operation, object input, OperationState state, int step);
}

/// <summary>A workflow as data: an ordered table of steps.</summary>
/// <typeparam name="TInput">What it was asked for; stored with the operation, so its shape is a contract.</typeparam>
public sealed record Workflow<TInput>(string Name, IReadOnlyList<Step<TInput>> Table) : IWorkflow where TInput : class
{
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    public IReadOnlyList<StepShape> Steps { get; } = [.. Table.Select(s => new StepShape(s.Name, s.Kind, s.Undo is not null, s.MustSucceed, s.Recorded))];

    public bool Keeps { get; init; }

    public Type InputType => typeof(TInput);

    public object ReadInput(JsonElement input) => input.Deserialize<TInput>(DomainJson.Options)
        ?? throw new JsonException($"The input of {Name} must not be null.");

    public Next Next(OperationId operation, object input, OperationState state)
    {
        if (state.Phase is OperationPhase.Succeeded or OperationPhase.Failed) return new Next.Over();
        return state.Failure is { } failure ? NextUndo(state, failure) : NextDo(new Run<TInput>(operation, (TInput)input, state));
    }

    public bool Applies(OperationId operation, object input, OperationState state, int step) =>
        Table[step].When?.Invoke(new Run<TInput>(operation, (TInput)input, state)) is not false;

    public IRequest Do(OperationId operation, object input, OperationState state, int step) =>
        Table[step].Do(new Run<TInput>(operation, (TInput)input, state));

    public IRequest Choose(OperationId operation, object input, OperationState state, int step) =>
        Table[step].Choose!(new Run<TInput>(operation, (TInput)input, state));

    public IRequest Undo(OperationId operation, object input, OperationState state, int step) =>
        Table[step].Undo!(new Run<TInput>(operation, (TInput)input, state));

    private Next NextDo(Run<TInput> run)
    {
        for (var i = 0; i < Table.Count; i++)
        {
            var step = Table[i];
            if (run.State.Outputs.ContainsKey(step.Name)) continue;
            if (step.When is { } when && !when(run)) return new Next.Skip(i);
            return step.Kind is StepKind.Choice && !run.State.Choices.ContainsKey(step.Name) ? new Next.Choose(i) : new Next.Do(i);
        }

        return new Next.Complete();
    }

    private Next NextUndo(OperationState state, OperationFailure failure)
    {
        for (var i = IndexOf(failure.UndoFrom); i >= 0; i--)
        {
            var step = Table[i];
            if (step.Undo is null || state.Undone.Contains(step.Name)) continue;
            // Without a choice the step's command was never sent.
            if (step.Kind is StepKind.Choice && !state.Choices.ContainsKey(step.Name)) continue;
            return new Next.Undo(i);
        }

        return new Next.Fail(failure.Error);
    }

    private int IndexOf(string step)
    {
        for (var i = 0; i < Table.Count; i++)
        {
            if (string.Equals(Table[i].Name, step, StringComparison.Ordinal)) return i;
        }

        return -1;
    }
}

public static class WorkflowExtensions
{
    extension(IWorkflow workflow)
    {
        /// <summary>
        /// True for a step before which all that is known must be on record: the first past the point of no return, and the last,
        /// with which the operation lets go of its subject. Others may act on that from then on, and an operation that resumed from
        /// an older record would do over again what is no longer its own.
        /// </summary>
        public bool BeginsOnRecord(int step) =>
            step > 0 && (step == workflow.Steps.Count - 1 || (workflow.Steps[step].MustSucceed && !workflow.Steps[step - 1].MustSucceed));

        /// <summary>The same on the way back: with its last undo an operation lets go of its subject.</summary>
        public bool IsLastUndo(int step)
        {
            for (var i = 0; i < step; i++)
            {
                if (workflow.Steps[i].CanUndo) return false;
            }

            return true;
        }

        /// <summary>
        /// The last step that may have been asked for without a record of it, after a crash. Steps run ahead of their record, up to
        /// a step whose output must be recorded, one that begins on record, or a choice, which is recorded before it is acted on or passed by.
        /// </summary>
        public int FurthestBegun(OperationState state)
        {
            var last = 0;
            while (last < workflow.Steps.Count - 1 && state.Outputs.ContainsKey(workflow.Steps[last].Name)) last++;
            while (last < workflow.Steps.Count - 1 && !workflow.Steps[last].Recorded && !IsUnchosen(last) && !workflow.BeginsOnRecord(last + 1)) last++;
            return last;

            bool IsUnchosen(int step) => workflow.Steps[step] is { Kind: StepKind.Choice, Name: var name } && !state.Choices.ContainsKey(name);
        }
    }
}
