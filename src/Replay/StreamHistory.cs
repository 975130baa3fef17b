using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>One stream and all the states that it has been in.</summary>
public sealed class StreamHistory(string id, IStateKind kind)
{
    /// <summary>So many events lie between two states that are kept; those in between are folded when asked for.</summary>
    private const int Stride = 32;

    private readonly List<Recorded> events = [];
    private readonly List<object> kept = [kind.Empty];

    public string Id => id;

    public IStateKind Kind => kind;

    public IReadOnlyList<Recorded> Events => events;

    /// <summary>After the last event.</summary>
    public object State { get; private set; } = kind.Empty;

    /// <exception cref="ReplayException">It is not the next event, or the state cannot take it.</exception>
    public void Add(Recorded happened)
    {
        if (happened.Version != events.Count + 1)
            throw new ReplayException($"Position {happened.Position}: {id} has version {happened.Version} after version {events.Count}. The log is not whole.");
        try
        {
            State = kind.Evolve(State, happened.Event);
        }
        catch (Exception e)
        {
            throw new ReplayException($"Position {happened.Position}: the state of {id} does not take {happened.Event.GetType().Name}: {e.GetType().Name}: {e.Message}", e);
        }

        events.Add(happened);
        if (events.Count % Stride == 0) kept.Add(State);
    }

    /// <summary>The state after so many events; 0 for before the first.</summary>
    public object At(long version)
    {
        if (version == events.Count) return State;
        var state = kept[(int)version / Stride];
        for (var i = (int)version / Stride * Stride; i < version; i++) state = kind.Evolve(state, events[i].Event);
        return state;
    }

    /// <summary>How many events it had at a position of the log.</summary>
    public long VersionAt(long position)
    {
        var (low, high) = (0, events.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (events[middle].Position <= position) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
