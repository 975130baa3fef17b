using System.Collections.Frozen;
using System.Reflection;
using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>One kind of stream, its state's type left open.</summary>
public interface IStateKind
{
    string Kind { get; }

    object Empty { get; }

    object Evolve(object state, IEvent happened);

    /// <summary>Today's decision.</summary>
    /// <exception cref="InvalidCastException">It is no command for this kind.</exception>
    Decision Decide(object state, ICommand command);
}

/// <summary>Every kind of stream by its name; found in the domain, so that a new kind edits no list.</summary>
public static class StateKinds
{
    private static readonly FrozenDictionary<string, IStateKind> ByName = typeof(IEvent).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && Array.Exists(t.GetInterfaces(),
            i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IState<>) && i.GenericTypeArguments[0] == t))
        .Select(t => (IStateKind)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(t), nonPublic: true)!)
        .ToFrozenDictionary(k => k.Kind, StringComparer.Ordinal);

    public static IEnumerable<string> All => ByName.Keys;

    /// <exception cref="ReplayException">No state is folded from such streams.</exception>
    public static IStateKind Of(string stream) => ByName.TryGetValue(ResourceId.KindOf(stream), out var kind)
        ? kind
        : throw new ReplayException($"No state is folded from streams like {stream}. Known kinds: {string.Join(", ", All.Order(StringComparer.Ordinal))}.");

    /// <summary>What people look at first: where a resource stands in its life. Empty where the state has nothing of that sort.</summary>
    public static string PhaseOf(object state)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var phase = state.GetType().GetProperty("Phase", Public) ?? state.GetType().GetProperty("Existence", Public);
        return phase?.GetValue(state)?.ToString() ?? "";
    }

    private sealed class Typed<TState> : IStateKind where TState : class, IState<TState>
    {
        public string Kind => TState.Kind;

        public object Empty => TState.Empty;

        public object Evolve(object state, IEvent happened) => TState.Evolve((TState)state, happened);

        public Decision Decide(object state, ICommand command) => ((ICommand<TState>)command).Decide((TState)state);
    }
}
