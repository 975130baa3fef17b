using IaaS.Domain.Vm;

namespace IaaS.Simulation.Generator;

/// <summary>What runs have been through: which action in which state of its VM, and which after which.</summary>
public sealed class Coverage
{
    private readonly SortedDictionary<string, int> actions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(VmPhase, string), int> states = [];
    private readonly SortedDictionary<(string, string), int> pairs = [];
    private readonly SortedDictionary<string, int> faults = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Actions => actions;

    /// <summary>Times that an action was asked of a VM in a state.</summary>
    public IReadOnlyDictionary<(VmPhase State, string Action), int> States => states;

    /// <summary>Times that an action followed another on the same VM.</summary>
    public IReadOnlyDictionary<(string First, string Then), int> Pairs => pairs;

    /// <summary>Times that something went wrong, by what.</summary>
    public IReadOnlyDictionary<string, int> Faults => faults;

    public static int PossiblePairs => SimAction.All.Count * SimAction.All.Count;

    public void Seen(string? before, VmPhase state, string action)
    {
        Count(actions, action);
        Count(states, (state, action));
        if (before is not null) Count(pairs, (before, action));
    }

    public void Failed(string what, int times = 1) => Count(faults, what, times);

    public void Add(Coverage other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (key, times) in other.actions) Count(actions, key, times);
        foreach (var (key, times) in other.states) Count(states, key, times);
        foreach (var (key, times) in other.pairs) Count(pairs, key, times);
        foreach (var (key, times) in other.faults) Count(faults, key, times);
    }

    private static void Count<TKey>(SortedDictionary<TKey, int> counts, TKey key, int times = 1) where TKey : notnull =>
        counts[key] = counts.GetValueOrDefault(key) + times;
}
