using System.Text.Json;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using Npgsql;

namespace IaaS.Projections.Query.Compile;

/// <summary>What stands under one key of the answer.</summary>
/// <param name="IsJson">The database answers with JSON: documents and lists of related rows.</param>
internal sealed record Cell(string Key, string Sql, bool IsJson = false)
{
    private IReadOnlyList<JsonEncodedText> names = [];

    /// <summary>Of a related row, whole: its fields. They are columns behind <see cref="Sql"/>, which then says whether there is one.</summary>
    public IReadOnlyList<Cell> Fields
    {
        get;
        init => (field, names) = (value, [.. value.Select(f => JsonEncodedText.Encode(f.Key))]);
    } = [];

    /// <summary>In the order in which they are read.</summary>
    public IEnumerable<string> Columns => [Sql, .. Fields.Select(f => f.Sql)];

    /// <summary>As <see cref="QueryAnswer.Rows"/> promises it.</summary>
    /// <param name="ordinal">Of its first column.</param>
    public object? Read(NpgsqlDataReader reader, int ordinal)
    {
        if (Fields.Count == 0) return Cells.Read(reader, ordinal, IsJson);
        if (!reader.GetBoolean(ordinal)) return null;
        var values = new object?[Fields.Count];
        for (var i = 0; i < values.Length; i++) values[i] = Fields[i].Read(reader, ordinal + 1 + i);
        return new RelatedRow(names, values);
    }
}

internal static class Cells
{
    /// <summary>What a column holds.</summary>
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
