using System.Globalization;
using System.Text;
using IaaS.Domain.Kernel;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>What a field holds, as lists, the query language, the schema and the CLI see it.</summary>
public enum FieldKind { Text, Id, Choice, Whole, Bytes, Number, Truth, Instant, TextList, Document }

/// <summary>How one CLR type is stored: its column type, its way in and out, and how a user writes a value of it.</summary>
/// <param name="ReadAs">What Npgsql reads the column as.</param>
/// <param name="WriteAs">The element of the array that is written; its parameter is an array of <paramref name="DbType"/>.</param>
/// <param name="ToDb">Name of the method of <see cref="FieldConversions"/> that makes a <paramref name="WriteAs"/> of a value.</param>
/// <param name="FromDb">Name of the method of <see cref="FieldConversions"/> that makes a value of a <paramref name="ReadAs"/>.</param>
/// <param name="Parse">Reads what a user wrote; null when it is no such value. A codec without it can be neither filtered nor sorted.</param>
internal sealed record FieldCodec(
    FieldKind Kind, string SqlType, NpgsqlDbType DbType, Type ReadAs, Type WriteAs, string ToDb, string FromDb,
    Func<string, object?>? Parse)
{
    private static readonly Dictionary<Type, FieldCodec> Known = new()
    {
        [typeof(string)] = Scalar<string>(FieldKind.Text, "text", NpgsqlDbType.Text, ParseText),
        [typeof(int)] = Scalar<int>(FieldKind.Whole, "integer", NpgsqlDbType.Integer,
            t => int.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) ? v : null),
        [typeof(long)] = Scalar<long>(FieldKind.Whole, "bigint", NpgsqlDbType.Bigint, ParseLong),
        [typeof(bool)] = Scalar<bool>(FieldKind.Truth, "boolean", NpgsqlDbType.Boolean, t => bool.TryParse(t, out var v) ? v : null),
        [typeof(double)] = Scalar<double>(FieldKind.Number, "double precision", NpgsqlDbType.Double,
            t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var v) ? v : null),
        [typeof(Bytes)] = new(FieldKind.Bytes, "bigint", NpgsqlDbType.Bigint, typeof(long), typeof(long),
            nameof(FieldConversions.BytesToLong), nameof(FieldConversions.BytesFromLong), ParseLong),
        [typeof(DateTimeOffset)] = new(FieldKind.Instant, "timestamptz", NpgsqlDbType.TimestampTz, typeof(DateTimeOffset), typeof(DateTimeOffset),
            nameof(FieldConversions.ToUtc), nameof(FieldConversions.ToUtc),
            t => DateTimeOffset.TryParse(t, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var v) ? v : null),
        [typeof(IReadOnlyList<string>)] = new(FieldKind.TextList, "text[]", NpgsqlDbType.Text, typeof(string[]), typeof(string),
            nameof(FieldConversions.ListToLiteral), nameof(FieldConversions.ListFromArray), Parse: null),
    };

    /// <summary>The codec of a CLR type, <c>Nullable&lt;&gt;</c> already taken off; null when views cannot hold it.</summary>
    public static FieldCodec? For(Type type)
    {
        if (Known.TryGetValue(type, out var known)) return known;
        if (type.IsEnum)
        {
            return new(FieldKind.Choice, "text", NpgsqlDbType.Text, typeof(string), typeof(string),
                nameof(FieldConversions.EnumToText), nameof(FieldConversions.EnumFromText), text => ParseChoice(type, text));
        }

        if (type.IsValueType && type.IsAssignableTo(typeof(IResourceId)))
        {
            return new(FieldKind.Id, "text", NpgsqlDbType.Text, typeof(string), typeof(string),
                nameof(FieldConversions.IdToText), nameof(FieldConversions.IdFromText), ParseText);
        }

        // Other scalars would lose their order inside JSON: better no field than one that sorts wrongly.
        if (type.IsPrimitive || (type.IsValueType && string.Equals(type.Namespace, nameof(System), StringComparison.Ordinal))) return null;
        return new(FieldKind.Document, "jsonb", NpgsqlDbType.Text, typeof(string), typeof(string),
            nameof(FieldConversions.ToJson), nameof(FieldConversions.FromJson), Parse: null);
    }

    /// <summary>PostgreSQL text holds neither NUL nor half a surrogate pair.</summary>
    public static bool IsStorable(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (rest[0] == '\0' || Rune.DecodeFromUtf16(rest, out _, out var used) is not System.Buffers.OperationStatus.Done) return false;
            rest = rest[used..];
        }

        return true;
    }

    private static FieldCodec Scalar<T>(FieldKind kind, string sqlType, NpgsqlDbType dbType, Func<string, object?> parse) =>
        new(kind, sqlType, dbType, typeof(T), typeof(T), nameof(FieldConversions.Same), nameof(FieldConversions.Same), parse);

    private static string? ParseText(string text) => IsStorable(text) ? text : null;

    private static object? ParseLong(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string? ParseChoice(Type type, string text) =>
        Array.Find(Enum.GetNames(type), name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase));
}
