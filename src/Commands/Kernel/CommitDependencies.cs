namespace IaaS.Commands.Kernel;

/// <summary>
/// What one operation rests on that is not durable yet: appends that it was told of when they were decided, and not only when they were
/// written. What it leads to next is an append behind those. The writer keeps the order, and writes nothing that rests on what was not
/// written: after a crash the log holds a beginning of what the operation did, with nothing missing in it.
/// </summary>
public sealed class CommitDependencies
{
    private readonly Lock gate = new();
    private readonly List<Task<long?>> appends = [];
    private volatile bool broken;
    private long position;

    /// <summary>Of the last event of what is durable.</summary>
    public long Position => Interlocked.Read(ref position);

    /// <summary>True when something that it rests on was not written, or nobody knows. Set by the writer, between two commits.</summary>
    internal bool IsBroken => broken;

    internal void Break() => broken = true;

    /// <summary>From now on it rests on this append, too.</summary>
    internal void Add(Task<long?> append)
    {
        lock (gate) appends.Add(append);
    }

    /// <summary>Waits until all of it is durable.</summary>
    /// <exception cref="StoreUnavailableException">Something was not written, or nobody knows: read what there is.</exception>
    public async Task SettleAsync()
    {
        if (!await TrySettleAsync()) throw new StoreUnavailableException("What it rests on was not written: somebody else was faster.", null);
    }

    /// <returns>Whether all of it is durable; false when something was not written.</returns>
    /// <exception cref="StoreUnavailableException">Nobody knows.</exception>
    internal async Task<bool> TrySettleAsync()
    {
        Task<long?>[] those;
        lock (gate) those = [.. appends];
        // The writer keeps the order: when the last is answered, so are the others, and it waits once and not for each.
        if (those.Length > 0) await ((Task)those[^1]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var reached = 0L;
        foreach (var append in those)
        {
            if (await append is not { } at) return false;
            reached = Math.Max(reached, at);
        }

        lock (gate)
        {
            position = Math.Max(position, reached);
            appends.RemoveAll(a => those.Contains(a));
        }

        return true;
    }
}
