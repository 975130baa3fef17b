using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Snapshots;

/// <summary>How a state is written: what is set in it, and nothing that it works out.</summary>
public static class SnapshotJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static string Write<TState>(TState state) => JsonSerializer.Serialize(state, Options);

    public static TState? Read<TState>(string json) => JsonSerializer.Deserialize<TState>(json, Options);

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(DomainJson.Options) { IgnoreReadOnlyProperties = true };
        options.Converters.Add(new OrdinalSet());
        return options;
    }

    /// <summary>Sets of text are in ordinal order; by itself one would be read in the order of a language.</summary>
    private sealed class OrdinalSet : JsonConverter<ImmutableSortedSet<string>>
    {
        public override ImmutableSortedSet<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            ImmutableSortedSet.CreateRange(StringComparer.Ordinal, JsonSerializer.Deserialize<string[]>(ref reader, options)!);

        public override void Write(Utf8JsonWriter writer, ImmutableSortedSet<string> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }
}
