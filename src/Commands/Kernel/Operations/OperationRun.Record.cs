namespace IaaS.Commands.Kernel.Operations;

/// <summary>
/// How what it does gets into the log. What it hands over without waiting in between is one commit: the writer waits for all of it
/// (<see cref="GroupCommit.Together"/>). So it must let go before it waits for anything.
/// </summary>
internal sealed partial class OperationRun
{
    private IDisposable? together;

    private void Gather() => together ??= commits.Together();

    private void LetGo()
    {
        together?.Dispose();
        together = null;
    }

    private async Task RecordAsync()
    {
        if (runsAhead) Gather();
        journal.Record();
        if (!runsAhead) await SettleAsync();
    }

    private Task SettleAsync()
    {
        LetGo();
        return journal.SettleAsync();
    }

    /// <summary>Waits without its turn. Those who watch see what it has come to meanwhile.</summary>
    private Task WaitAsync(Task something)
    {
        LetGo();
        if (runsAhead) _ = IsDurableAsync();
        return turn.WaitAsync(something);
    }
}
