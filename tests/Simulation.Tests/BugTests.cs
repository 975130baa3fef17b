using IaaS.Simulation.Generator;
using IaaS.Simulation.Mutants;

namespace IaaS.Simulation.Tests;

/// <summary>What the random runs are worth. Beside them and not among them: each of these takes one processor, and most of the time one seed.</summary>
public sealed class BugTests
{
    [Theory]
    [MemberData(nameof(Bugs))]
    public void Every_bug_that_is_put_in_is_found(string name)
    {
        var mutant = AllMutants.All.Single(m => string.Equals(m.Name, name, StringComparison.Ordinal));

        Assert.NotNull(MutantReport.Find(new Campaign(Actions: 200, Faults.All, Schedule: null), mutant, seeds: 250));
    }

    public static TheoryData<string> Bugs => [.. AllMutants.All.Select(m => m.Name)];
}
