using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>What others ask of it while it runs.</summary>
internal sealed partial class OperationRun
{
    private readonly HandOvers handOvers = new();

    private bool GivesUp => interruptions.CancelledBy is not null || time.GetUtcNow() >= State.Started!.Deadline;

    private Rejection NotStuck => new(RejectionKind.Conflict, "operation.not-stuck",
        $"{id} does not wait for that: no attempt at it has failed, or it has succeeded since. GET /v1/operations/{id} names its step.");

    private void NoLongerStuck()
    {
        if (handOvers.IsOpen) handOvers.End(NotStuck);
    }

    /// <summary>Gives it up, unless it cannot be undone any more. Answers when that is on record.</summary>
    /// <returns>Null when it is being undone, or has been.</returns>
    public async Task<Rejection?> CancelAsync(string by)
    {
        if (State.Failure is null) interruptions.Cancel(by);
        // That it is being undone is perhaps not on record yet.
        if (journal.Told.Failure is null) await decided.Task;
        return State.Failure is not null ? null : new Rejection(RejectionKind.Conflict, "operation.too-late",
            $"{id} has come to where {workflow.Name} can no longer be undone; it goes on to its end.");
    }

    /// <summary>Tries again now what it waits to try again.</summary>
    public void Hurry() => interruptions.Wake();

    /// <summary>Goes on behind the step that does not succeed, as if it had. Answers when that is on record.</summary>
    /// <returns>Null when it is.</returns>
    public async Task<Rejection?> HandOverAsync(HandOver asked) =>
        // While it is being recorded, a repeat waits for that too.
        handOvers.Asked is null && State.HasHandedOver(asked.Step, asked.Reason) ? null : await handOvers.AskAsync(asked, NotStuck);

    private string WhatBecomes => workflow.Keeps ? "What was done stays." : "What was done has been undone.";

    private Rejection WhyGivesUp(StepShape shape) => interruptions.CancelledBy is { } by
        ? new(RejectionKind.Conflict, "operation.cancelled", $"{by} cancelled {workflow.Name}; step {shape.Name} was the last. {WhatBecomes}")
        : TimedOut(shape);

    /// <summary>Waits before the next attempt of what must be done, or undone.</summary>
    /// <param name="asked">What did not succeed; null when nothing could be asked for.</param>
    /// <returns>True when the step has been handed over meanwhile: there is no next attempt.</returns>
    private async Task<bool> IsHandedOverAsync(StepShape shape, IRequest? asked, int attempt)
    {
        handOvers.Wait(shape.Name, WhyKept(shape, asked));
        if (handOvers.Asked is null) await WaitAsync(Task.WhenAny(interruptions.PauseAsync(attempt), handOvers.Asking));
        if (handOvers.Asked is not { } taken) return false;
        LogHandedOver(log, id.Value, taken.Step, taken.By, taken.Reason);
        journal.Note(new OperationHandedOver(taken.Step, taken.Reason), taken.By);
        // Without an answer to it, it is on record or not: the run goes on from its record, and who asked asks again.
        journal.Record();
        await SettleAsync();
        taken.Done.TrySetResult(null);
        NoLongerStuck();
        return true;
    }

    private Rejection? WhyKept(StepShape shape, IRequest? asked)
    {
        if (shape.Kind is StepKind.Command || IsOwn(asked))
        {
            return new(RejectionKind.Conflict, "operation.own-step",
                $"Step {shape.Name} is the control plane's own record, which no failure of a host keeps from being written: it is tried again until it is. Its log says what is wrong.");
        }

        return shape.Recorded && State.Failure is null
            ? new(RejectionKind.Conflict, "operation.needs-output", $"What follows step {shape.Name} needs what it returns, and it has returned nothing.")
            : null;
    }

    private static bool IsOwn(IRequest? asked) => asked switch
    {
        AllOf all => all.Requests.Any(IsOwn),
        Wish or null => false,
        _ => true,
    };
}
