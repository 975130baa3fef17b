using System.Collections.Concurrent;

namespace IaaS.Api.Kernel;

/// <summary>
/// Runs a loop on a thread of its own: whatever it awaits, it goes on there at once. In the thread pool it would stand behind all the work
/// that it makes for others: each commit wakes hundreds.
/// </summary>
internal sealed class OwnThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Go, object? State)> work = [];

    private OwnThread() { }

    public override void Post(SendOrPostCallback d, object? state) => work.Add((d, state));

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Completes as the loop does.</summary>
    public static Task RunAsync(string name, Func<Task> loop)
    {
        var done = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            var own = new OwnThread();
            SetSynchronizationContext(own);
            var running = own.StartAsync(loop);
            foreach (var (go, state) in own.work.GetConsumingEnumerable()) go(state);
            done.SetResult(running);
        })
        { IsBackground = true, Name = name }.Start();
        return done.Task.Unwrap();
    }

    private async Task StartAsync(Func<Task> loop)
    {
        try
        {
            await loop();
        }
        finally
        {
            work.CompleteAdding();
        }
    }
}
