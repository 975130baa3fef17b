using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using Npgsql;

namespace IaaS.Projections.Query.Compile;

/// <summary>One column of the answer.</summary>
/// <param name="IsJson">The database answers with JSON: documents and related rows.</param>
internal sealed record Cell(string Key, string Sql, bool IsJson = false);

internal static class Cells
{
    /// <summary>What a column holds, as <see cref="QueryAnswer.Rows"/> promises it.</summary>
    public static object? Read(NpgsqlDataReader reader, int ordinal, bool json) =>
        reader.IsDBNull(ordinal) ? null
        : json ? JsonText.Of(reader.GetFieldValue<byte[]>(ordinal))
        : Plain(reader.GetValue(ordinal));

    /// <summary>The visible fields of a row as one JSON object.</summary>
    /// <remarks>json_build_object would look up the type of each key and value for each row: half as long again.</remarks>
    public static string Object(QueryKind kind, string alias) =>
        $"(select row_to_json(o) from (select {string.Join(", ", kind.Fields.Select(f => $"{alias}.{f.Quoted} as \"{f.Name}\""))}) o)";

    private static object Plain(object value) => value switch
    {
        int number => (long)number,
        DateTime instant => new DateTimeOffset(instant, TimeSpan.Zero),
        Array items => items.Cast<object>().Select(Plain).ToList(),
        _ => value,
    };
}
