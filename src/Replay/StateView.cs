using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>One field of a state, before and after.</summary>
/// <param name="Path">For example <c>reservations.vm-1.cpus</c>; empty for the state as a whole.</param>
public sealed record FieldChange(string Path, object? Before, object? After);

/// <summary>Any state as a tree of what it holds. What is computed from the rest is left out.</summary>
public static class StateView
{
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Held = new();
    private static readonly ConcurrentDictionary<Type, bool> Single = new();
    private static readonly JsonSerializerOptions Wide = new(DomainJson.Options) { WriteIndented = true };
    private static readonly JsonSerializerOptions Shapes = new(DomainJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static JsonNode? Json(object? value)
    {
        if (value is null) return null;
        if (Members(value) is { } members) return new JsonObject(InOrder(value, members.Keys).Select(k => KeyValuePair.Create(k, Json(members[k]))));
        if (IsSingle(value.GetType())) return WritesItself(value.GetType()) ? JsonValue.Create(value.ToString()) : JsonSerializer.SerializeToNode(value, value.GetType(), DomainJson.Options);
        var items = ((IEnumerable)value).Cast<object?>().Select(Json);
        // A set without an order of its own would be written differently each time.
        return new JsonArray([.. IsUnordered(value) ? items.OrderBy(i => i?.ToJsonString(), StringComparer.Ordinal) : items]);
    }

    /// <summary>On one line.</summary>
    public static string Text(object? value) => Json(value)?.ToJsonString(DomainJson.Options) ?? "null";

    public static string Indented(object value) => Json(value)!.ToJsonString(Wide);

    /// <summary>The smallest fields that differ. Where one side has nothing, the field is told as a whole.</summary>
    public static IReadOnlyList<FieldChange> Differences(object? before, object? after)
    {
        List<FieldChange> found = [];
        Compare("", before, after, found);
        return found;
    }

    private static void Compare(string path, object? before, object? after, List<FieldChange> found)
    {
        if (ReferenceEquals(before, after)) return;
        if (Members(before) is { } old && Members(after) is { } now)
        {
            foreach (var key in InOrder(after!, old.Keys.Union(now.Keys, StringComparer.Ordinal)))
                Compare(path.Length == 0 ? key : $"{path}.{key}", old.GetValueOrDefault(key), now.GetValueOrDefault(key), found);
        }
        else if (!Equals(before, after) && !JsonNode.DeepEquals(Json(before), Json(after)))
        {
            found.Add(new(path, before, after));
        }
    }

    /// <summary>The named parts of a record or of a dictionary; null for anything else.</summary>
    private static Dictionary<string, object?>? Members(object? value)
    {
        if (value is null || IsSingle(value.GetType())) return null;
        if (value is IDictionary entries) return entries.Keys.Cast<object>().ToDictionary(k => k.ToString()!, k => entries[k], StringComparer.Ordinal);
        if (value is IEnumerable) return null;
        return Held.GetOrAdd(value.GetType(), HeldBy).ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), p => p.GetValue(value), StringComparer.Ordinal);
    }

    private static PropertyInfo[] HeldBy(Type type) => [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetIndexParameters().Length == 0
            && p.DeclaringType!.GetField($"<{p.Name}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance) is not null)];

    /// <summary>True for what has no parts to look into: a number, a text, an id, a moment, an address.</summary>
    private static bool IsSingle(Type type) => Single.GetOrAdd(type, static t => Shape(t) is JsonTypeInfoKind.None || WritesItself(t));

    /// <summary>A value of the domain with a notation of its own, such as an address in dots.</summary>
    private static bool WritesItself(Type type) =>
        type.IsValueType && type.Assembly == typeof(IEvent).Assembly && Shape(type) is JsonTypeInfoKind.Object
        && type.GetMethod(nameof(ToString), BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, []) is { } own
        && own.GetCustomAttribute<CompilerGeneratedAttribute>() is null;

    private static JsonTypeInfoKind Shape(Type type) => Shapes.GetTypeInfo(type).Kind;

    private static bool IsUnordered(object value) => Array.Exists(value.GetType().GetInterfaces(),
        i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlySet<>)) && !value.GetType().Name.Contains("Sorted", StringComparison.Ordinal);

    /// <summary>Fields stand as they are declared, entries of a dictionary by their keys.</summary>
    private static IEnumerable<string> InOrder(object value, IEnumerable<string> names) => value is IDictionary ? names.Order(StringComparer.Ordinal) : names;
}
