using System.Globalization;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;

namespace IaaS.Projections.Query.Compile;

/// <summary>Values as users write them.</summary>
internal static class Values
{
    private static readonly (string Unit, long Factor)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("PiB", 1L << 50)];

    /// <summary>A value of a field for a parameter; null, with the reason noted, when it is none.</summary>
    public static object? Parse(CompileContext context, ViewField field, LiteralSyntax literal)
    {
        var value = field.Kind is FieldKind.Bytes ? ParseBytes(literal.Text) : field.Parse(literal.Text);
        if (value is null) context.Refuse(Refusals.BadValue(field, literal.Text), literal.At);
        return value;
    }

    /// <summary><c>4294967296</c>, <c>4GiB</c>, <c>1.5TiB</c>: a whole number of bytes.</summary>
    private static object? ParseBytes(string text)
    {
        var (unit, factor) = Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        if (unit is null) return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var plain) ? plain : null;
        if (!decimal.TryParse(text[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return null;
        // Past what fits, nothing can be multiplied without overflow.
        if (Math.Abs(number) > long.MaxValue / factor) return null;
        var bytes = number * factor;
        return bytes == decimal.Truncate(bytes) ? (long)bytes : null;
    }

    /// <summary>False, with the reason noted, when the database would refuse the pattern.</summary>
    public static bool IsPattern(CompileContext context, LiteralSyntax literal)
    {
        var escapes = literal.Text.Length - literal.Text.TrimEnd('\\').Length;
        if (escapes % 2 == 1) context.Refuse(Refusals.BadPattern(literal.Text), literal.At);
        else if (!FieldCodec.IsStorable(literal.Text)) context.Refuse(Refusals.BadPattern(literal.Text), literal.At);
        else return true;
        return false;
    }

    public static bool IsPlain(string pattern) => pattern.AsSpan().IndexOfAny('%', '_', '\\') < 0;
}
