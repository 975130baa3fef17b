namespace IaaS.Commands.Kernel;

/// <summary>
/// Who hands over several appends, one right after the other, and which the writer waits for. An idle writer would otherwise begin a
/// commit with the first of them, and the rest would need another.
/// </summary>
internal sealed class AppendGroups
{
    private readonly Lock gate = new();
    private Round now = new();

    /// <summary>Begins one. It ends when it is disposed, which must not wait for anything: a commit might.</summary>
    public IDisposable Begin()
    {
        lock (gate)
        {
            now.Open++;
            return new Group(this, now);
        }
    }

    /// <summary>Completes when those have ended that are open now. Those that begin meanwhile are not waited for, so that it does end.</summary>
    public Task EndedAsync()
    {
        lock (gate)
        {
            if (now.Open == 0) return Task.CompletedTask;
            var before = now;
            now = new();
            return before.Ended.Task;
        }
    }

    private void End(Round round)
    {
        lock (gate)
        {
            if (--round.Open > 0 || round == now) return;
        }

        round.Ended.TrySetResult();
    }

    private sealed class Round
    {
        public int Open { get; set; }

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Group(AppendGroups groups, Round round) : IDisposable
    {
        private bool over;

        public void Dispose()
        {
            if (over) return;
            over = true;
            groups.End(round);
        }
    }
}
