using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query;

/// <summary>Every way in which a query is refused. The codes are a contract.</summary>
internal static class QueryErrors
{
    public static Rejection UnknownField(ViewShape view, string name) => Invalid("query.unknown-field",
        $"{view.Name} has no field '{name}'. Did you mean '{Nearest(name, view.Fields.Select(f => f.Name))}'? Known fields: {string.Join(", ", view.Fields.Select(f => f.Name))}.");

    public static Rejection BadValue(ViewField field, string value) => Invalid("query.bad-value",
        $"'{Shortened(value)}' is no value of '{field.Name}', which is {Expected(field)}.");

    public static Rejection NotComparable(ViewField field) => Invalid("query.not-comparable",
        $"'{field.Name}' is a {(field.Kind is FieldKind.TextList ? "list" : "document")}: a list can be neither filtered nor sorted by it.");

    public static Rejection BadLimit(int limit) => Invalid("query.bad-limit",
        $"The limit is {limit}; it must be 1 to {ListQuery.MaxLimit}. For more rows, follow the cursor of each page.");

    public static Rejection BadCursor { get; } = Invalid("query.bad-cursor",
        "The cursor is not one that this list gave out for this sort order. Start again without 'after'.");

    private static Rejection Invalid(string code, string detail) => new(RejectionKind.Invalid, code, detail);

    private static string Shortened(string value) => value.Length <= 80 ? value : value[..79] + "…";

    private static string Expected(ViewField field) => field.Kind switch
    {
        FieldKind.Choice => $"one of {string.Join(", ", field.Choices)}",
        FieldKind.Whole => field.ClrType == typeof(int) ? "a whole number of 32 bits" : "a whole number of 64 bits",
        FieldKind.Bytes => "a whole number of bytes",
        FieldKind.Number => "a number",
        FieldKind.Truth => "true or false",
        FieldKind.Instant => "a time like 2026-01-31T12:00:00Z",
        _ => "text",
    };

    private static string Nearest(string name, IEnumerable<string> known) => known.MinBy(k => Distance(name, k))!;

    // Levenshtein, in one row; names longer than any field are compared by their beginning.
    private static int Distance(string from, string to)
    {
        if (from.Length > 80) from = from[..80];
        Span<int> row = stackalloc int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var same = char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), Math.Min(row[j], row[j - 1]) + 1));
            }
        }

        return row[^1];
    }
}
