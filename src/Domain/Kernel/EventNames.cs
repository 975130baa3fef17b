using System.Collections.Frozen;
using System.Reflection;

namespace IaaS.Domain.Kernel;

/// <summary>Every event type by its stored name, found in the assemblies that are given.</summary>
public sealed class EventNames
{
    private readonly FrozenDictionary<string, Type> byName;
    private readonly FrozenDictionary<Type, string> byType;

    public EventNames(params IEnumerable<Assembly> assemblies)
    {
        var found = assemblies.Append(typeof(IEvent).Assembly).Distinct()
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IEvent)))
            .Select(t => (Type: t, Name: t.GetCustomAttribute<EventNameAttribute>()?.Name
                ?? throw new InvalidOperationException($"{t} is an event without [EventName]; it could not be stored.")))
            .ToList();
        byName = found.ToFrozenDictionary(e => e.Name, e => e.Type, StringComparer.Ordinal);
        byType = found.ToFrozenDictionary(e => e.Type, e => e.Name);
    }

    public IEnumerable<(string Name, Type Type)> All => byName.Select(p => (p.Key, p.Value));

    /// <summary>An event that has been read, as what it is today.</summary>
    public static IEvent Today(IEvent read)
    {
        while (read is IEarlierEvent earlier) read = earlier.Upcast();
        return read;
    }

    public string NameOf(Type type) => byType[type];

    public Type TypeOf(string name) => byName.TryGetValue(name, out var type)
        ? type
        : throw new InvalidOperationException($"The log holds '{name}', which this version does not know. A newer version wrote it, or a plugin is missing.");
}
