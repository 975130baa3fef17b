using IaaS.Commands.Kernel.Operations;
using IaaS.Simulation.Mutants;

namespace IaaS.Simulation.Generator;

/// <summary>One seed is one history: what is asked, when, what fails, and in what order everything happens.</summary>
public static class SimulationRun
{
    /// <summary>Asks for things, round by round; lets the cloud come to rest after each and checks everything.</summary>
    /// <param name="seed">Decides every draw.</param>
    /// <param name="actions">How many things clients ask for.</param>
    /// <param name="faults">What goes wrong meanwhile.</param>
    /// <param name="cloud">What is there before; null for three small hosts, so that room and addresses run out.</param>
    /// <exception cref="SimulationException">Something does not hold; the message has the seed and the shortest list of actions that shows it.</exception>
    public static SimMachine Run(
        int seed, int actions, Faults faults, Cloud? cloud = null, Schedule schedule = Schedule.Random, Coverage? coverage = null, Mutant? mutant = null)
    {
        var (machine, asked, wrong) = Play(seed, actions, faults, cloud, schedule, coverage ?? new(), mutant);
        if (wrong.Count == 0) return machine;
        var shrunk = Shrink.Of(asked, rest => Replay(seed, rest, faults, cloud, mutant).Wrong.Count > 0);
        var (least, again) = Replay(seed, shrunk, faults, cloud, mutant);
        throw Failed(least, again.Count > 0 ? again : wrong, shrunk);
    }

    /// <summary>The same without a thrown failure: what does not hold, and what had been asked.</summary>
    public static (SimMachine Machine, IReadOnlyList<Asked> Asked, IReadOnlyList<string> Wrong) Play(
        int seed, int actions, Faults faults, Cloud? cloud, Schedule schedule, Coverage coverage, Mutant? mutant)
    {
        ArgumentNullException.ThrowIfNull(coverage);
        var machine = new SimMachine(seed, cloud ?? new Cloud(), faults, mutant);
        var generation = new Generation(seed, schedule, coverage);
        List<Asked> asked = [];
        for (var round = 1; asked.Count < actions; round++)
        {
            var next = generation.Round(round, actions - asked.Count, machine.Ledger);
            asked.AddRange(next);
            if (Do(machine, next, a => generation.Asks(a, machine.Ledger)) is { Count: > 0 } wrong) return (machine, asked, wrong);
        }

        coverage.Failed("crash", machine.Crashes);
        coverage.Failed("fault of a commit", machine.Store.Faulted);
        coverage.Failed("fault of a wish", machine.Drivers.Faulted);
        return (machine, asked, []);
    }

    public static SimulationException Failed(SimMachine machine, IReadOnlyList<string> wrong, IReadOnlyList<Asked>? asked = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return new($"""
            Seed {machine.Seed}:
              {string.Join("\n  ", wrong)}
            What was asked:
              {string.Join("\n  ", asked ?? [])}
            What happened:
              {string.Join("\n  ", machine.Notes)}
            The log:
              {machine.Store.Lines.ReplaceLineEndings("\n  ")}
            """);
    }

    private static (SimMachine Machine, IReadOnlyList<string> Wrong) Replay(int seed, IReadOnlyList<Asked> asked, Faults faults, Cloud? cloud, Mutant? mutant)
    {
        var machine = new SimMachine(seed, cloud ?? new Cloud(), faults, mutant);
        foreach (var round in asked.GroupBy(a => a.Round))
        {
            if (Do(machine, [.. round], _ => { }) is { Count: > 0 } wrong) return (machine, wrong);
        }

        return (machine, []);
    }

    /// <summary>Half of those that are asked for once are by clients who send no key.</summary>
    private static bool IsOnce(OperationRequest request) => request.Id.Value[^1] % 2 == 0;

    private static IReadOnlyList<string> Do(SimMachine machine, IReadOnlyList<Asked> round, Action<Asked> asks)
    {
        // By the round alone, so that it is the same when some of what was asked is left out.
        var chance = new Random((machine.Seed * 7_919) + round[0].Round);
        if (chance.Next(1_000) < machine.Faults.HostCut)
        {
            var (host, away) = ($"host-{1 + chance.Next(3)}", TimeSpan.FromSeconds(chance.Next(2, 240)));
            machine.After(TimeSpan.FromMilliseconds(chance.Next(3_000)), () => machine.Cut(host, away));
        }

        foreach (var asked in round)
        {
            machine.After(asked.Delay, () =>
            {
                asks(asked);
                machine.Ask(asked.Again is null && IsOnce(asked.Request) ? asked.Request with { IsNew = true, SubjectIsNew = true } : asked.Request);
            });
            if (asked.Again is { } again) machine.After(asked.Delay + again, () => machine.Ask(asked.Request));
            if (asked.Cancelled is { } cancelled) machine.After(asked.Delay + cancelled, () => machine.Cancel(asked.Request.Id));
        }

        try
        {
            machine.Settle();
        }
        catch (SimulationException e)
        {
            return [e.Message, .. Checks.Of(machine)];
        }

        return Checks.Of(machine);
    }
}
