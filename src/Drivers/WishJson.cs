using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers;

/// <summary>Wishes and outcomes as text, to travel to a host and back. A wish is known by the name of its type.</summary>
public sealed class WishJson
{
    private readonly FrozenDictionary<string, Type> types;

    /// <param name="assemblies">Where wishes are looked for, besides the domain's own.</param>
    /// <exception cref="InvalidOperationException">Two wishes have the same name.</exception>
    public WishJson(params IEnumerable<Assembly> assemblies)
    {
        var found = new Dictionary<string, Type>(StringComparer.Ordinal);
        foreach (var type in assemblies.Append(typeof(Wish).Assembly).Distinct().SelectMany(a => a.GetTypes()))
        {
            if (type is not { IsClass: true, IsAbstract: false } || !type.IsAssignableTo(typeof(Wish))) continue;
            if (!found.TryAdd(type.Name, type))
                throw new InvalidOperationException($"{type} and {found[type.Name]} are both written as '{type.Name}'.");
        }

        types = found.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static (string Type, string Json) Write(Wish wish) =>
        (wish.GetType().Name, JsonSerializer.Serialize(wish, wish.GetType(), DomainJson.Options));

    /// <exception cref="JsonException">The type is not known here, or the text is not such a wish.</exception>
    public Wish Read(string type, string json) => types.TryGetValue(type, out var found)
        ? (Wish?)JsonSerializer.Deserialize(json, found, DomainJson.Options) ?? throw new JsonException($"A {type} must not be null.")
        : throw new JsonException($"There is no wish '{type}' in this version.");

    public static string WriteOutcome(Outcome outcome) => JsonSerializer.Serialize(
        outcome switch
        {
            Outcome.Done done => new OutcomeShape(done.Output, null, null),
            Outcome.Failed failed => new OutcomeShape(null, failed.Error, failed.Retry),
            _ => throw new InvalidOperationException($"{outcome} is a kind of outcome that has no text."),
        },
        DomainJson.Options);

    /// <exception cref="JsonException">The text is not an outcome.</exception>
    public static Outcome ReadOutcome(string json) => JsonSerializer.Deserialize<OutcomeShape>(json, DomainJson.Options) switch
    {
        { Done: { } output, Failed: null } => new Outcome.Done(output),
        { Done: null, Failed: { } error, Retry: { } retry } => new Outcome.Failed(error, retry),
        _ => throw new JsonException($"Neither done nor failed: {json}"),
    };

    /// <summary><c>{"done":"output"}</c> or <c>{"failed":{…},"retry":true}</c>.</summary>
    private sealed record OutcomeShape(string? Done, Rejection? Failed, bool? Retry);
}
