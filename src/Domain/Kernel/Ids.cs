using System.Text.Json;
using System.Text.Json.Serialization;

namespace IaaS.Domain.Kernel;

/// <summary>A typed id of one kind of resource. Its value is a readable string: kind, dash, name; it is also the id of the stream.</summary>
/// <typeparam name="TSelf">The id itself.</typeparam>
public interface IResourceId<TSelf> : IResourceId where TSelf : struct, IResourceId<TSelf>
{
    static abstract string Kind { get; }

    static abstract TSelf Of(string value);
}

/// <summary>The untyped face of an id.</summary>
public interface IResourceId
{
    string Value { get; }
}

/// <summary>What every id obeys.</summary>
public static class ResourceId
{
    /// <summary>Longest id, kind included, in characters.</summary>
    public const int MaxLength = 80;

    public static string KindOf(string id) => id.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? id[..dash] : "";

    /// <summary>True for <c>kind-name</c> with a name of lower-case letters, digits and inner dashes.</summary>
    public static bool IsValid(string id, string kind)
    {
        if (id.Length > MaxLength || id.Length < kind.Length + 2) return false;
        if (!id.StartsWith(kind, StringComparison.Ordinal) || id[kind.Length] != '-') return false;
        var name = id.AsSpan(kind.Length + 1);
        if (name[0] == '-' || name[^1] == '-') return false;
        foreach (var c in name)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')) return false;
        }

        return true;
    }
}

/// <summary>Writes an id as the plain string that it is.</summary>
public sealed class ResourceIdConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsValueType && typeToConvert.IsAssignableTo(typeof(IResourceId));

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<TId> : JsonConverter<TId> where TId : struct, IResourceId<TId>
    {
        public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TId.Of(reader.GetString() ?? throw new JsonException($"A {TId.Kind} id must not be null."));

        public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }
}
