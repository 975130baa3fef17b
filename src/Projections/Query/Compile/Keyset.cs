using System.Globalization;
using IaaS.Projections.Kernel;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Compile;

/// <summary>One key of an order.</summary>
/// <param name="Sql">Its expression.</param>
/// <param name="Parse">Reads a value from a cursor; null when it is none.</param>
/// <param name="Name">What tells it from other keys, for the cursor's check.</param>
internal sealed record SortKey(string Sql, bool IsNullable, bool Descending, NpgsqlDbType Type, Func<string, object?> Parse, string Name)
{
    public static SortKey Of(ViewField field, string sql, bool nullable, bool descending, string name) =>
        new(sql, nullable, descending, field.Codec.DbType, field.Parse, name);

    public static SortKey OfNumber(string sql, bool nullable, bool descending, FieldKind kind, bool isSum, string name) => (kind, isSum) switch
    {
        (FieldKind.Number, _) => new(sql, nullable, descending, NpgsqlDbType.Double,
            t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var v) ? v : null, name),
        (_, true) => new(sql, nullable, descending, NpgsqlDbType.Numeric,
            t => decimal.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var v) ? v : null, name),
        _ => new(sql, nullable, descending, NpgsqlDbType.Bigint,
            t => long.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) ? v : null, name),
    };
}

/// <summary>An order that no two rows share a place in, and the place after a row of it.</summary>
internal sealed class Keyset(IReadOnlyList<SortKey> keys)
{
    public IReadOnlyList<SortKey> Keys => keys;

    /// <summary>Where a column holds no nulls the order is left bare, so that one index serves both directions.</summary>
    public string OrderBy(Func<SortKey, int, string> sql) => string.Join(", ", keys.Select((k, i) =>
        $"{sql(k, i)}{(k.Descending ? " desc" : "")}{(k.IsNullable ? " nulls last" : "")}"));

    /// <summary>Names the order: a cursor of another order is refused.</summary>
    public string Name => string.Join(',', keys.Select(k => k.Descending ? $"-{k.Name}" : k.Name));

    /// <summary>The condition for rows behind a place; null when the values cannot be ones of these keys.</summary>
    public string? After(CompileContext context, IReadOnlyList<string?> place)
    {
        if (place.Count != keys.Count) return null;
        var values = new string?[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            if (place[i] is not { } text)
            {
                if (!keys[i].IsNullable) return null;
                continue;
            }

            if (keys[i].Parse(text) is not { } value) return null;
            values[i] = context.Parameter(value, keys[i].Type);
        }

        // One row comparison uses one index; it says the same only where there are no nulls and one direction.
        if (keys.All(k => !k.IsNullable && k.Descending == keys[0].Descending))
        {
            return $"({string.Join(", ", keys.Select(k => k.Sql))}) {(keys[0].Descending ? "<" : ">")} ({string.Join(", ", values)})";
        }

        return Further(values, 0);
    }

    private string Further(string?[] values, int i)
    {
        var (key, value) = (keys[i], values[i]);
        // Rows without a value come last, so nothing is behind them but their equals.
        var behind = value is null ? "false" : $"{key.Sql} {(key.Descending ? "<" : ">")} {value}{(key.IsNullable ? $" or {key.Sql} is null" : "")}";
        if (i == keys.Count - 1) return $"({behind})";
        var equal = value is null ? $"{key.Sql} is null" : $"{key.Sql} = {value}";
        return $"({behind} or ({equal} and {Further(values, i + 1)}))";
    }
}
