using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Snapshots;

/// <summary>How a state is written: what is set in it, and nothing that it works out.</summary>
public static class SnapshotJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static string Text<TState>(TState state) => JsonSerializer.Serialize(state, Options);

    /// <summary>Compressed while it is written, so that a large state is never in memory as text.</summary>
    public static ReadOnlyMemory<byte> Write<TState>(TState state)
    {
        using var written = new MemoryStream();
        using (var packed = new GZipStream(written, CompressionLevel.Fastest)) JsonSerializer.Serialize(packed, state, Options);
        return written.ToArray();
    }

    /// <exception cref="JsonException">It is no such state.</exception>
    /// <exception cref="InvalidDataException">It is not packed as it should be.</exception>
    public static TState? Read<TState>(ReadOnlyMemory<byte> state)
    {
        using var unpacked = new GZipStream(new MemoryStream(state.ToArray()), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<TState>(unpacked, Options);
    }

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
