using System.Globalization;
using System.Reflection;
using System.Text;

namespace IaaS.Projections.Kernel;

/// <summary>One field of a view: a property of its record, a column of its table.</summary>
public sealed class ViewField
{
    private readonly FieldCodec codec;

    internal ViewField(PropertyInfo property, bool nullable)
    {
        ClrType = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        codec = FieldCodec.For(ClrType) ?? throw new InvalidOperationException(
            $"{property.DeclaringType}.{property.Name} is a {ClrType}, which no view can hold: use text, an id, an enum, int, long, Bytes, bool, double, DateTimeOffset, a list or a record.");
        Property = property;
        IsNullable = nullable;
        Name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
        Column = SnakeCase(property.Name);
        Choices = ClrType.IsEnum ? Enum.GetNames(ClrType) : [];
    }

    /// <summary>As users and JSON have it: <c>createdAt</c>.</summary>
    public string Name { get; }

    /// <summary>As the table has it: <c>created_at</c>.</summary>
    public string Column { get; }

    public FieldKind Kind => codec.Kind;

    /// <summary>The column's type: <c>text</c>, <c>bigint</c>, <c>timestamptz</c> …</summary>
    public string SqlType => codec.SqlType;

    public bool IsNullable { get; }

    /// <summary>The names that a field of kind <see cref="FieldKind.Choice"/> can have, in declaration order.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <summary>True when it can be filtered by equality and sorted by; lists and documents cannot.</summary>
    public bool IsComparable => codec.Parse is not null;

    /// <summary>The property's type without its <c>?</c>.</summary>
    public Type ClrType { get; }

    internal PropertyInfo Property { get; }

    internal FieldCodec Codec => codec;

    internal string Quoted => $"\"{Column}\"";

    /// <summary>What a user wrote as a value for a parameter; null when it is none of this kind.</summary>
    public object? Parse(string text) => codec.Parse?.Invoke(text);

    /// <summary>The reverse of <see cref="Parse"/> for a stored value: <c>Parse(Write(v))</c> is <c>v</c>.</summary>
    public static string Write(object value) => value switch
    {
        DateTimeOffset instant => instant.ToString("O", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string SnakeCase(string name)
    {
        var column = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])))) column.Append('_');
            column.Append(char.ToLowerInvariant(name[i]));
        }

        return column.ToString();
    }
}
