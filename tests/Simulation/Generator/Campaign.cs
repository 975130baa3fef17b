using System.Collections.Concurrent;
using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;
using IaaS.Simulation.Mutants;
using Spectre.Console;

namespace IaaS.Simulation.Generator;

/// <summary>Many seeds, and what they have been through.</summary>
/// <param name="Schedule">Null for all three in turn, by seed.</param>
public sealed record Campaign(int Actions, Faults Faults, Schedule? Schedule)
{
    private const int ActionsPerCrash = 8;

    /// <summary>Room, addresses and quota run out.</summary>
    private static readonly Cloud Small = new(Quota: new Quota(Vms: 9, Cpus: null, Memory: null, Storage: 120.GiB));

    public Schedule ScheduleOf(int seed) => Schedule ?? (Schedule)(seed % Enum.GetValues<Schedule>().Length);

    /// <summary>One seed; throws what it has found.</summary>
    public SimMachine Play(int seed, Coverage coverage, Mutant? mutant = null) =>
        SimulationRun.Run(seed, Actions, Faults with { MostCrashes = Faults.MostCrashes == 0 ? 0 : Math.Max(Faults.MostCrashes, Actions / ActionsPerCrash) }, Small, ScheduleOf(seed), coverage, mutant);

    public int RunOne(int seed)
    {
        try
        {
            var machine = Play(seed, new());
            foreach (var note in machine.Notes) Console.WriteLine(note);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seed {seed}: {machine.Asked.Count} operations, {machine.Store.Log.Count} events, {machine.Crashes} crashes; all checks hold."));
            return 0;
        }
        catch (SimulationException e)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Seeds side by side, each in a thread of its own; prints what they covered, and each failure.</summary>
    public int RunMany(int from, int count)
    {
        var coverage = new Coverage();
        var failures = new ConcurrentDictionary<int, string>();
        long events = 0, steps = 0;
        var started = TimeProvider.System.GetTimestamp();
        Parallel.For(from, from + count, () => new Coverage(), (seed, _, mine) =>
        {
            try
            {
                // Its own, for it decides what is picked next: a seed is the same history alone and among others.
                var own = new Coverage();
                var machine = Play(seed, own);
                mine.Add(own);
                Interlocked.Add(ref events, machine.Store.Log.Count);
                Interlocked.Add(ref steps, machine.Scheduler.Steps);
            }
            catch (SimulationException e)
            {
                failures[seed] = e.Message;
            }

            return mine;
        }, mine => { lock (coverage) coverage.Add(mine); });
        foreach (var (seed, message) in failures.OrderBy(f => f.Key).Take(3)) Console.WriteLine(message);
        foreach (var (seed, message) in failures.OrderBy(f => f.Key)) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAILED --seed {seed}: {message.Split('\n')[1].Trim()}"));
        Print(coverage);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} seeds of {Actions} actions: {events} events, {steps} steps, {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s; {failures.Count} violations."));
        return failures.IsEmpty ? 0 : 1;
    }

    private static void Print(Coverage coverage)
    {
        var actions = SimAction.All.Select(a => a.Name).ToList();
        var table = new Table().AddColumn("asked of a VM that is").AddColumns([.. actions]).Border(TableBorder.Ascii);
        foreach (var state in Enum.GetValues<VmPhase>()) table.AddRow([state.ToString(), .. actions.Select(a => Times(coverage.States.GetValueOrDefault((state, a))))]);
        table.AddRow(["in all", .. actions.Select(a => Times(coverage.Actions.GetValueOrDefault(a)))]);
        Wide.Write(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Pairs of actions on one VM: {coverage.Pairs.Count} of {Coverage.PossiblePairs}, each at least {(coverage.Pairs.Count == 0 ? 0 : coverage.Pairs.Values.Min())} times. {string.Join(", ", coverage.Faults.Select(f => $"{f.Key}: {f.Value}"))}."));
    }

    private static string Times(int times) => times == 0 ? "" : times.ToString(CultureInfo.InvariantCulture);
}
