using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Tests;

/// <summary>A store whose next commit waits until it is released.</summary>
internal sealed class HeldStore : IEventStore
{
    private readonly InMemoryEventStore inner = new(TimeProvider.System);
    private TaskCompletionSource released = new();
    private TaskCompletionSource reached = new();

    public HeldStore() => released.SetResult();

    /// <summary>Events in each commit.</summary>
    public List<int> Batches { get; } = [];

    public Task Reached => reached.Task;

    /// <summary>The next answer only.</summary>
    public bool LosesAnswer { get; set; }

    public void Hold() => (released, reached) = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Release() => released.SetResult();

    public Task WriteAsync(string stream, IEvent happened) => WriteAsync(stream, happened, inner);

    public async Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        reached.TrySetResult();
        await released.Task;
        Batches.Add(batch.Sum(a => a.Events.Count));
        var committed = await inner.AppendAsync(batch, ct);
        if (!LosesAnswer) return committed;
        LosesAnswer = false;
        throw new TimeoutException("The answer was lost.");
    }

    public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct) => inner.ReadAsync(stream, afterVersion, ct);

    public Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct) => inner.HasAsync(stream, origin, ct);

    public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct) => inner.ReadFeedAsync(afterPosition, max, ct);

    public Task<long> HeadAsync(CancellationToken ct) => inner.HeadAsync(ct);

    private static async Task WriteAsync(string stream, IEvent happened, InMemoryEventStore inner) =>
        await inner.AppendAsync([new Append(stream, (await inner.ReadAsync(stream, 0, CancellationToken.None)).Count, [happened], [Origin.System])], CancellationToken.None);
}
