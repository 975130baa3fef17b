using IaaS.Simulation;

namespace IaaS.Replay.Tests;

public sealed class SandboxTests
{
    [Fact]
    public async Task A_recorded_log_replays_to_its_end_and_gives_the_states_of_the_ledger()
    {
        var sandbox = await Given.LoadAsync(Given.Recorded);

        Assert.Equal(Given.Lines.Length, sandbox.Log.Count);
        Assert.True(new FileInfo(Given.Recorded).Length < 300_000);
        var ledger = new Ledger();
        foreach (var happened in sandbox.Log) ledger.Seen(happened);
        Assert.Equal(Given.States(ledger), Given.States(sandbox));
    }

    [Theory]
    [InlineData(Given.Seed)]
    [InlineData(11)]
    [InlineData(12)]
    public async Task A_log_gives_the_states_of_the_run_that_wrote_it(int seed)
    {
        var machine = Given.Live(seed);

        var sandbox = await Given.LoadAsync(machine.Store.Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(machine.Store.Log.Count, sandbox.Log.Count);
        Assert.Equal(Given.States(machine.Ledger), Given.States(sandbox));
    }
}
