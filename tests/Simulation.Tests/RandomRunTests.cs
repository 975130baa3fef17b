using System.Collections.Concurrent;
using IaaS.Domain.Vm;
using IaaS.Simulation.Generator;
using IaaS.Simulation.Mutants;

namespace IaaS.Simulation.Tests;

/// <summary>Clients ask for things at random while everything fails that can fail; in the end all adds up.</summary>
public sealed class RandomRunTests
{
    private const int Seeds = 1_020;

    [Fact]
    public void Whatever_fails_nothing_is_lost_and_nothing_is_left()
    {
        var campaign = new Campaign(Actions: 200, Faults.All, Schedule: null);
        var coverage = new Coverage();
        var failures = new ConcurrentDictionary<int, string>();
        Parallel.For(0, Seeds, seed =>
        {
            var own = new Coverage();
            try
            {
                campaign.Play(seed, own);
            }
            catch (SimulationException e)
            {
                failures[seed] = e.Message;
            }

            lock (coverage) coverage.Add(own);
        });

        if (!failures.IsEmpty) Assert.Fail($"Seeds {string.Join(", ", failures.Keys.Order())}: {failures.MinBy(f => f.Key).Value}");
        // It has been everywhere: each action after each other, and in each state in which a VM can be.
        Assert.Equal(Coverage.PossiblePairs, coverage.Pairs.Count);
        List<VmPhase> resting = [VmPhase.Absent, VmPhase.Running, VmPhase.Stopped, VmPhase.Paused, VmPhase.Recycled, VmPhase.Destroyed, VmPhase.Failed];
        foreach (var action in SimAction.All) Assert.All(resting, state => Assert.True(coverage.States.ContainsKey((state, action.Name)), $"{action.Name} was never asked of a VM that is {state}."));
        // Others last for milliseconds, those after a host was lost above all: that somebody asks each thing just then is left to chance, as long as it is seldom missed.
        var passing = Enum.GetValues<VmPhase>().Except(resting).Except([VmPhase.Unknown, VmPhase.FailingOver, VmPhase.ClearingStray]).ToList();
        var missed = passing.SelectMany(state => SimAction.All.Where(a => !coverage.States.ContainsKey((state, a.Name))).Select(a => $"{a.Name} of one that is {state}")).ToList();
        Assert.True(missed.Count * 50 <= passing.Count * SimAction.All.Count, $"Never asked: {string.Join(", ", missed)}");
        Assert.All(["crash", "fault of a commit", "fault of a wish"], fault => Assert.InRange(coverage.Faults[fault], 1_000, int.MaxValue));
    }

    [Theory]
    [InlineData(Schedule.Random)]
    [InlineData(Schedule.Fair)]
    [InlineData(Schedule.Paths)]
    public void Without_faults_everything_adds_up(Schedule schedule)
    {
        for (var seed = 0; seed < 10; seed++) SimulationRun.Run(seed, actions: 100, Faults.None, schedule: schedule);
    }

    [Fact]
    public void The_same_seed_gives_the_same_history_byte_for_byte()
    {
        var (first, second) = (SimulationRun.Run(7, actions: 40, Faults.All), SimulationRun.Run(7, actions: 40, Faults.All));

        Assert.Equal(first.Store.Lines, second.Store.Lines);
        Assert.Equal(first.Notes, second.Notes);
        Assert.NotEqual(first.Store.Lines, SimulationRun.Run(8, actions: 40, Faults.All).Store.Lines);
    }

    [Fact]
    public void A_failure_is_shrunk_to_the_actions_that_show_it()
    {
        var keepsAddress = AllMutants.All[0];

        var (seed, failure) = Enumerable.Range(0, 100).Select(s => (s, Why: Record.Exception(() => SimulationRun.Run(s, actions: 200, Faults.All, mutant: keepsAddress)))).First(r => r.Why is not null);

        Assert.StartsWith($"Seed {seed}:", Assert.IsType<SimulationException>(failure).Message.Trim(), StringComparison.Ordinal);
        Assert.Contains("address.leaked", failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Message.Split('\n').Count(l => l.TrimStart().StartsWith("round ", StringComparison.Ordinal)), 1, 10);
    }
}
