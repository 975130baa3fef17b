using System.Globalization;
using IaaS.Commands.Kernel.Operations;

namespace IaaS.Simulation.Generator;

/// <summary>One thing that clients did, so that it can be done again without the others.</summary>
/// <param name="Round">Actions of a round overlap; between rounds the cloud comes to rest and is checked.</param>
/// <param name="Delay">Since the round's beginning.</param>
/// <param name="Vm">Of which it was thought; its request may be about a volume near it.</param>
/// <param name="Cancelled">After which time it was given up; null when it was not.</param>
/// <param name="Again">After which time it was asked once more under the same id; null when it was not.</param>
public sealed record Asked(int Round, TimeSpan Delay, string Vm, string Action, OperationRequest Request, TimeSpan? Cancelled, TimeSpan? Again)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"round {Round} +{Delay.TotalSeconds:0.000} s: {Request.Id} {Action} {Request.Subject}{(Cancelled is { } c ? $", given up after {c.TotalMilliseconds:0} ms" : "")}{(Again is { } a ? $", again after {a.TotalMilliseconds:0} ms" : "")}");
}

/// <summary>Draws what clients do next from what is there.</summary>
public sealed class Generation(int seed, Schedule schedule, Coverage coverage)
{
    private const int MostTogether = 6;
    private const int MostVms = 12;

    private readonly Random chance = new(seed ^ 0x5EED);
    private readonly Dictionary<string, string> last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> done = new(StringComparer.Ordinal);
    private int operations;
    private int vms;

    /// <summary>The actions of a round.</summary>
    public IReadOnlyList<Asked> Round(int round, int atMost, Ledger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        List<Asked> asked = [];
        var delay = TimeSpan.Zero;
        for (var left = Math.Min(atMost, 1 + chance.Next(MostTogether)); left > 0; left--)
        {
            // Often the same VM again, so that they get into each other's way.
            var vm = asked.Count > 0 && chance.Next(3) == 0 ? asked[^1].Vm : Subject(ledger);
            var action = Pick(vm, ledger);
            // At times asked all the same: it may suit by the time, or be refused.
            if (action.Suits is { } suits && !suits(ledger.Vms[vm]) && chance.Next(4) > 0) vm = ledger.Vms.All.Where(v => suits(v.Value)).Select(v => v.Key).FirstOrDefault() ?? vm;
            var request = action.Ask(string.Create(CultureInfo.InvariantCulture, $"op-{++operations:00000}"), vm, chance, ledger);
            last[vm] = action.Name;
            asked.Add(new(round, delay, vm, action.Name, request,
                chance.Next(12) == 0 ? TimeSpan.FromMilliseconds(chance.Next(2_000)) : null,
                chance.Next(10) == 0 ? TimeSpan.FromMilliseconds(chance.Next(100)) : null));
            delay += TimeSpan.FromMilliseconds(chance.Next(3) == 0 ? chance.Next(20_000) : chance.Next(200));
        }

        return asked;
    }

    /// <summary>Notes in which state of its VM an action is asked, at the moment when it is.</summary>
    public void Asks(Asked asked, Ledger ledger)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(ledger);
        var vm = asked.Vm;
        coverage.Seen(done.GetValueOrDefault(vm), ledger.Vms[vm].Phase, asked.Action);
        done[vm] = asked.Action;
    }

    /// <summary>A VM that is there, mostly; at times a new one, at times one that is gone.</summary>
    private string Subject(Ledger ledger)
    {
        var there = ledger.Vms.All.Where(v => v.Value.Phase is not (Domain.Vm.VmPhase.Destroyed or Domain.Vm.VmPhase.Failed)).Select(v => v.Key).ToList();
        if (there.Count == 0 || (there.Count < MostVms && chance.Next(100) < 18)) return string.Create(CultureInfo.InvariantCulture, $"vm-{++vms}");
        return chance.Next(100) < 4 ? string.Create(CultureInfo.InvariantCulture, $"vm-{1 + chance.Next(vms)}") : there[chance.Next(there.Count)];
    }

    private SimAction Pick(string vm, Ledger ledger)
    {
        var all = SimAction.All;
        var state = ledger.Vms[vm].Phase;
        // One that has just been asked for is changed at times while it is made.
        if (state is Domain.Vm.VmPhase.Absent && chance.Next(100) < (last.ContainsKey(vm) ? 60 : 97)) return all[0];
        var drawn = all[chance.Next(all.Count)];
        return schedule switch
        {
            Schedule.Fair => all.OrderBy(a => coverage.Actions.GetValueOrDefault(a.Name)).ThenBy(_ => chance.Next()).First(),
            Schedule.Paths => all.OrderBy(a => coverage.States.GetValueOrDefault((state, a.Name)) + (last.TryGetValue(vm, out var before) ? coverage.Pairs.GetValueOrDefault((before, a.Name)) : 0))
                .ThenBy(_ => chance.Next()).First(),
            _ => drawn,
        };
    }
}
