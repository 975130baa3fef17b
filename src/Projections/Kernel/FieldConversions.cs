using System.Linq.Expressions;
using System.Reflection;
using System.Text;
using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Projections.Kernel;

/// <summary>The ways of values into columns and out of them. Called from compiled expressions, by the names in <see cref="FieldCodec"/>.</summary>
internal static class FieldConversions
{
    /// <summary>A call of one conversion; a generic one is closed over <paramref name="type"/>, the field's own type.</summary>
    public static Expression Call(string name, Type type, Expression argument)
    {
        var method = typeof(FieldConversions).GetMethod(name, BindingFlags.Public | BindingFlags.Static)!;
        return Expression.Call(method.IsGenericMethodDefinition ? method.MakeGenericMethod(type) : method, argument);
    }

    public static T Same<T>(T value) => value;

    public static string IdToText<T>(T id) where T : struct, IResourceId<T> => id.Value;

    public static T IdFromText<T>(string text) where T : struct, IResourceId<T> => T.Of(text);

    public static string EnumToText<T>(T value) where T : struct, Enum => Enum.GetName(value)
        ?? throw new InvalidOperationException($"{value} is no member of {typeof(T)}; it has no name to be stored under.");

    public static T EnumFromText<T>(string text) where T : struct, Enum => Enum.Parse<T>(text);

    public static long BytesToLong(Bytes value) => value.Value;

    public static Bytes BytesFromLong(long value) => new(value);

    // Npgsql writes a timestamptz from UTC only.
    public static DateTimeOffset ToUtc(DateTimeOffset value) => value.ToUniversalTime();

    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, DomainJson.Options);

    public static T FromJson<T>(string json) => JsonSerializer.Deserialize<T>(json, DomainJson.Options)
        ?? throw new JsonException($"A stored {typeof(T)} is null.");

    public static IReadOnlyList<string> ListFromArray(string[] items) => items;

    /// <summary>An array as PostgreSQL writes it, <c>{"a","b"}</c>: unnest flattens arrays of arrays, so a list travels as one text.</summary>
    public static string ListToLiteral(IReadOnlyList<string> items)
    {
        if (items.Count == 0) return "{}";
        var literal = new StringBuilder("{");
        foreach (var item in items)
        {
            literal.Append(literal.Length > 1 ? ",\"" : "\"").Append(item).Append('"');
            var start = literal.Length - item.Length - 1;
            literal.Replace("\\", "\\\\", start, item.Length);
            var grown = literal.Length - start - 1;
            literal.Replace("\"", "\\\"", start, grown);
        }

        return literal.Append('}').ToString();
    }
}
