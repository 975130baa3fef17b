using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using Microsoft.Extensions.Logging;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>Drives one operation from where its stream stands to its end.</summary>
internal sealed partial class OperationRun(
    OperationId id, IWorkflow workflow, object input, string actor, Node node,
    GroupCommit commits, RequestPerformer performer, IEventStore store, TimeProvider time, ILogger log, Turn turn, bool subjectIsNew)
{
    private const int MaxChoices = 16;
    private const int MaxAttempts = 6;
    private const int PatientAttempt = 5;
    private static readonly TimeSpan UndoTimeLimit = TimeSpan.FromMinutes(2);

    private readonly OperationJournal journal = new(id, actor, commits);
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Interruptions interruptions = new(time);
    private IRequest? lastAsked;
    private int furthest = -1;
    private Task accepting = Task.CompletedTask;
    // Once something was not written it waits for each step: whatever the cause, it does not come of running ahead again.
    private bool runsAhead = true;

    public OperationId Id => id;

    /// <summary>Completes when the first step is done, or when the operation is over.</summary>
    public Task Accepted => accepted.Task;

    /// <summary>Completes when this process has nothing more to do for the operation.</summary>
    public Task Ended => ended.Task;

    public OperationReport Report => new(id, journal.Told, workflow, () => input, journal.Position);

    private OperationState State => journal.State;

    public void Begin(OperationStarted started, long position) =>
        journal.Start(OperationState.Evolve(OperationState.Empty, started), 1, position);

    /// <summary>Begins with what is not durable yet.</summary>
    /// <returns>Completes when it is.</returns>
    public Task<long?> BeginAhead(OperationStarted started, Origin origin)
    {
        Gather();
        return journal.Begin(started, origin);
    }

    /// <returns>False when another process was faster.</returns>
    /// <exception cref="StoreUnavailableException">Nobody knows: it may be this process's already, so it is to be taken over again.</exception>
    public async Task<bool> TakeOverAsync(OperationState state, long version)
    {
        journal.Start(state, version, 0);
        (furthest, runsAhead) = (workflow.FurthestBegun(state), false);
        journal.Note(new OperationResumed(node.Name));
        journal.Record();
        return await journal.Ahead.TrySettleAsync();
    }

    /// <summary>To be taken before it begins.</summary>
    public Task TakeTurnAsync() => turn.TakeAsync();

    public void GiveTurn()
    {
        LetGo();
        turn.Give();
    }

    public async Task RunAsync()
    {
        try
        {
            await turn.TakeAsync();
            for (var failures = 0; ;)
            {
                try
                {
                    while (await AdvanceAsync()) failures = 0;
                    return;
                }
                catch (Exception e)
                {
                    // The store is away, or a bug: either way an operation is never left; it goes on from what is recorded.
                    LogFailed(log, e, id.Value);
                    LetGo();
                    runsAhead = false;
                    handOvers.End(OperationEngine.NotHere(id));
                    await WaitAsync(interruptions.PauseAsync(failures++));
                    if (!await TryReloadAsync()) return;
                }
            }
        }
        finally
        {
            GiveTurn();
            accepted.TrySetResult();
            decided.TrySetResult();
            handOvers.End(OperationEngine.NotHere(id));
            ended.TrySetResult();
        }
    }

    /// <returns>False when the operation is over, or is another process's.</returns>
    private async Task<bool> AdvanceAsync()
    {
        switch (workflow.Next(id, input, State))
        {
            case Next.Choose(var step): return await ChooseAsync(step);
            case Next.Do(var step): return await DoAsync(step);
            case Next.Skip(var step):
                journal.Note(new OperationAdvanced([new StepDone(workflow.Steps[step].Name, "")]));
                // After a crash what comes behind a choice is taken for not begun until the choice is on record.
                if (workflow.Steps[step].Kind is StepKind.Choice) await RecordAsync();
                return true;
            case Next.Undo(var step): return await UndoAsync(step);
            case Next.Complete:
                journal.Note(new OperationSucceeded([]));
                await RecordAsync();
                return true;
            case Next.Fail(var why):
                journal.Note(new OperationFailed(why));
                await RecordAsync();
                return true;
            default:
                await SettleAsync();
                return false;
        }
    }

    private async Task<bool> ChooseAsync(int step)
    {
        switch (performer.Choose(workflow.Choose(id, input, State, step), refused))
        {
            case Choice.Made made:
                NoLongerStuck();
                journal.Note(new StepChosen([], workflow.Steps[step].Name, made.Value));
                await RecordAsync();
                return true;
            case Choice.None none when workflow.Steps[step].MustSucceed:
                LogStuck(log, id.Value, workflow.Steps[step].Name, none.Why.Code, none.Why.Detail);
                await IsHandedOverAsync(workflow.Steps[step], asked: null, PatientAttempt);
                return true;
            case Choice.None none:
                return await FailAsync(step, none.Why);
            default:
                throw new InvalidOperationException("A choice is made or not.");
        }
    }

    private async Task<bool> DoAsync(int step)
    {
        var shape = workflow.Steps[step];
        if (workflow.BeginsOnRecord(step)) await RecordAsync();

        // Its answer says whether it happened, and with it whether anything after it did: without an answer it can be neither
        // left nor undone, whatever the time.
        var mustAnswer = shape.MustSucceed || (shape.Kind is not StepKind.Wish && (step <= furthest || !shape.CanUndo));
        if (shape.MustSucceed) _ = TellWhenDurableAsync(decided);
        if (!mustAnswer && GivesUp) return await FailAsync(step, WhyGivesUp(shape));

        furthest = Math.Max(furthest, step);
        for (var attempt = 1; ; attempt++)
        {
            var limit = shape.MustSucceed ? UndoTimeLimit : State.Started!.Deadline - time.GetUtcNow();
            var answer = await PerformAsync(() => workflow.Do(id, input, State, step), "", attempt, shape, limit);
            if (answer.Error is not { } error)
            {
                NoLongerStuck();
                journal.Note(new OperationAdvanced([new StepDone(shape.Name, answer.Output)]));
                if (shape.Recorded) await RecordAsync();
                // Of many steps that run ahead the first is told; what is told once is not told again.
                if (accepting.IsCompleted) accepting = TellWhenDurableAsync(accepted);
                return true;
            }

            // A command that is refused now was not accepted before, so nothing after it has begun.
            if (shape.Kind is not StepKind.Wish && error.Kind is not RejectionKind.Unavailable) furthest = step;
            if (shape.Kind is StepKind.Choice && error.Kind is RejectionKind.NoCapacity && refused.Count < MaxChoices) return await ChooseAgainAsync(step);
            var patient = shape.MustSucceed || (answer.Retry && (mustAnswer || (attempt < MaxAttempts && !GivesUp)));
            if (!patient) return await FailAsync(step, error);
            if (mustAnswer) LogStuck(log, id.Value, shape.Name, error.Code, error.Detail);
            if (!shape.MustSucceed) await WaitAsync(interruptions.PauseAsync(attempt));
            else if (await IsHandedOverAsync(shape, lastAsked, attempt)) return true;
            if (shape is { Kind: StepKind.Choice, MustSucceed: true } && attempt >= PatientAttempt && ChoosesOther(step) is { } other)
            {
                journal.Note(new StepChosen([], shape.Name, other));
                await RecordAsync();
                return true;
            }
        }
    }

    /// <summary>What was chosen may be gone for good, as a host that was removed is.</summary>
    private string? ChoosesOther(int step) =>
        performer.Choose(workflow.Choose(id, input, State, step), refused) is Choice.Made { Value: var value }
        && !string.Equals(value, State.Choices[workflow.Steps[step].Name], StringComparison.Ordinal) ? value : null;

    private async Task<bool> ChooseAgainAsync(int step)
    {
        var shape = workflow.Steps[step];
        refused.Add(State.Choices[shape.Name]);
        for (var attempt = 1; ; attempt++)
        {
            var undone = await PerformAsync(() => workflow.Undo(id, input, State, step), "/undo", attempt, shape, UndoTimeLimit);
            if (undone.Error is null) return await ChooseAsync(step);
            await WaitAsync(interruptions.PauseAsync(attempt));
        }
    }

    private async Task<bool> UndoAsync(int step)
    {
        var shape = workflow.Steps[step];
        if (workflow.IsLastUndo(step)) await RecordAsync();
        for (var attempt = 1; ; attempt++)
        {
            var answer = await PerformAsync(() => workflow.Undo(id, input, State, step), "/undo", attempt, shape, UndoTimeLimit);
            if (answer.Error is not { } error)
            {
                NoLongerStuck();
                journal.Note(new StepUndone(shape.Name));
                return true;
            }

            LogStuck(log, id.Value, shape.Name, error.Code, error.Detail);
            if (attempt == 1)
            {
                journal.Note(new UndoFailed(shape.Name, error));
                await RecordAsync();
            }

            if (await IsHandedOverAsync(shape, lastAsked, attempt)) return true;
        }
    }

    private async Task<bool> FailAsync(int step, Rejection error)
    {
        if (interruptions.CancelledBy is { } by) journal.Note(new OperationCancelled(by));
        journal.Note(new StepFailed(workflow.Steps[step].Name, error, workflow.Steps[Math.Max(furthest, step)].Name));
        await RecordAsync();
        _ = TellWhenDurableAsync(decided);
        return true;
    }

    /// <returns>Whether all that it has led to so far is durable; as soon as that is known.</returns>
    private async Task<bool> IsDurableAsync()
    {
        try
        {
            await journal.SettleAsync();
            return true;
        }
        catch (StoreUnavailableException)
        {
            // The run hears of it, too.
            return false;
        }
    }

    /// <summary>Answers those who wait for it when what it rests on is durable; when it turns out not to be, the run tells them anew.</summary>
    private async Task TellWhenDurableAsync(TaskCompletionSource whom)
    {
        if (!whom.Task.IsCompleted && await IsDurableAsync()) whom.TrySetResult();
    }

    private async Task<bool> TryReloadAsync()
    {
        await IsDurableAsync();
        await accepting;
        for (var failures = 0; ; failures++)
        {
            try
            {
                var events = await store.ReadAsync(id.Value, 0, CancellationToken.None);
                // Its beginning was not written.
                if (events.Count == 0) return false;
                var state = events.Aggregate(OperationState.Empty, (s, e) => OperationState.Evolve(s, e.Event));
                if (!string.Equals(state.Node, node.Name, StringComparison.Ordinal)) return false;
                journal.Start(state, events[^1].Version, events[^1].Position);
                furthest = workflow.FurthestBegun(state);
                return true;
            }
            catch (Exception e)
            {
                LogFailed(log, e, id.Value);
                await WaitAsync(interruptions.PauseAsync(failures));
            }
        }
    }

    private Rejection TimedOut(StepShape shape) => new(RejectionKind.TimedOut, "operation.timed-out",
        $"{workflow.Name} did not end within {workflow.TimeLimit.TotalSeconds:0} s; step {shape.Name} was the last. {WhatBecomes} Try again.");
}
