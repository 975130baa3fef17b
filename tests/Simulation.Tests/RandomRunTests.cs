namespace IaaS.Simulation.Tests;

/// <summary>Clients ask for things at random while everything fails that can fail; in the end all adds up.</summary>
public sealed class RandomRunTests
{
    [Theory]
    [MemberData(nameof(Blocks), 15)]
    public void Whatever_fails_nothing_is_lost_and_nothing_is_left(int block)
    {
        for (var seed = block * 20; seed < (block + 1) * 20; seed++) SimulationRun.Run(seed, actions: 25, Faults.All);
    }

    [Theory]
    [MemberData(nameof(Blocks), 3)]
    public void Without_faults_everything_adds_up(int block)
    {
        for (var seed = block * 20; seed < (block + 1) * 20; seed++) SimulationRun.Run(seed, actions: 25, Faults.None);
    }

    [Fact]
    public void The_same_seed_gives_the_same_history_byte_for_byte()
    {
        var (first, second) = (SimulationRun.Run(7, actions: 40, Faults.All), SimulationRun.Run(7, actions: 40, Faults.All));

        Assert.Equal(first.Store.Lines, second.Store.Lines);
        Assert.Equal(first.Notes, second.Notes);
        Assert.NotEqual(first.Store.Lines, SimulationRun.Run(8, actions: 40, Faults.All).Store.Lines);
    }

    public static TheoryData<int> Blocks(int count) => [.. Enumerable.Range(0, count)];
}
