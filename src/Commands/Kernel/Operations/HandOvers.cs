using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>An administrator's word that he takes over what a step leaves behind.</summary>
/// <param name="Step">Which step he means; null for the one that waits, whichever it is.</param>
/// <param name="By">The token that asked.</param>
public sealed record HandOver(string? Step, string Reason, string By);

/// <summary>
/// Where a run says that a step does not succeed, and an administrator that it need not: asked on any thread, acted on by the run alone,
/// between two attempts.
/// </summary>
#pragma warning disable CA1001 // A source of cancellation that has no timer holds nothing that must be given back.
internal sealed class HandOvers
#pragma warning restore CA1001
{
    private readonly Lock gate = new();
    private CancellationTokenSource interrupt = new();
    // Whoever waits for it goes on where it is completed, and not on a thread of its own: the simulation decides what runs when.
    private TaskCompletionSource asking = new();
    private string? waits;
    private Rejection? refusal;
    private Pending? pending;

    /// <summary>Cancelled when the step that waits has been taken over: its attempt need not be waited for.</summary>
    public CancellationToken Interrupted => interrupt.Token;

    /// <summary>Completes when somebody takes over the step that waits.</summary>
    public Task Asking => asking.Task;

    /// <summary>What the run is to act on; null for nothing.</summary>
    public Pending? Asked
    {
        get
        {
            lock (gate) return pending;
        }
    }

    /// <summary>True while something waits, or somebody has asked.</summary>
    public bool IsOpen
    {
        get
        {
            lock (gate) return waits is not null || pending is not null;
        }
    }

    /// <summary>A step has failed and will be tried again.</summary>
    /// <param name="why">Why it cannot be handed over; null when it can.</param>
    public void Wait(string step, Rejection? why)
    {
        lock (gate) (waits, refusal) = (step, why);
    }

    /// <summary>Nothing waits any more. Who has asked, and was not answered, hears why.</summary>
    public void End(Rejection why)
    {
        lock (gate)
        {
            if (pending is not null)
            {
                pending.Done.TrySetResult(why);
                interrupt = new();
                asking = new();
            }

            (waits, refusal, pending) = (null, null, null);
        }
    }

    /// <returns>Null when the step is on record as handed over.</returns>
    public Task<Rejection?> AskAsync(HandOver asked, Rejection notWaiting)
    {
        Pending joined;
        TaskCompletionSource told;
        CancellationTokenSource attempt;
        lock (gate)
        {
            if (waits is null || (asked.Step is not null && !string.Equals(asked.Step, waits, StringComparison.Ordinal))) return Task.FromResult<Rejection?>(notWaiting);
            if (refusal is not null) return Task.FromResult<Rejection?>(refusal);
            // Two who ask at the same time are answered by one record, the first one's.
            joined = pending ??= new Pending(asked with { Step = waits });
            (told, attempt) = (asking, interrupt);
        }

        // Outside of the lock: the run may go on right here.
        attempt.Cancel();
        told.TrySetResult();
        return joined.Done.Task;
    }

    internal sealed class Pending(HandOver asked)
    {
        public string Step => asked.Step!;

        public string Reason => asked.Reason;

        public string By => asked.By;

        public TaskCompletionSource<Rejection?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
