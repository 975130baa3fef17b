namespace IaaS.Commands.Kernel.Operations;

/// <summary>What others ask of an operation while it runs: to be given up, or not to wait before it tries again.</summary>
#pragma warning disable CA1001 // A source of cancellation that has no timer holds nothing that must be given back.
internal sealed class Interruptions(TimeProvider time)
#pragma warning restore CA1001
{
    private const long LongestPause = 30_000;

    private readonly CancellationTokenSource cancel = new();
    private TaskCompletionSource wake = new();

    /// <summary>Who asked for it to be given up; null while nobody has.</summary>
    public string? CancelledBy { get; private set; }

    /// <summary>Cancelled when it is to be given up.</summary>
    public CancellationToken Cancelled => cancel.Token;

    public void Cancel(string by)
    {
        CancelledBy ??= by;
        cancel.Cancel();
        Wake();
    }

    /// <summary>Ends the pause that it makes now, if it makes one.</summary>
    public void Wake() => Interlocked.Exchange(ref wake, new TaskCompletionSource()).TrySetResult();

    /// <summary>Longer with each attempt that has failed.</summary>
    public async Task PauseAsync(int attempt)
    {
        var pause = TimeSpan.FromMilliseconds(Math.Min(100L << Math.Min(attempt, 10), LongestPause));
        await Task.WhenAny(Task.Delay(pause, time), wake.Task);
    }
}
