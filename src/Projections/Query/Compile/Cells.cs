using System.Text.Json;

using IaaS.Projections.Query.Schema;
using Npgsql;

namespace IaaS.Projections.Query.Compile;

/// <summary>One column of the answer.</summary>
/// <param name="IsJson">The database answers with JSON: documents and related rows.</param>
internal sealed record Cell(string Key, string Sql, bool IsJson = false);

internal static class Cells
{
    /// <summary>What a column holds, as <see cref="Language.QueryAnswer.Rows"/> promises it.</summary>
    public static object? Read(NpgsqlDataReader reader, int ordinal, bool json) => reader.GetValue(ordinal) switch
    {
        DBNull => null,
        string text when json => JsonSerializer.Deserialize<JsonElement>(text),
        var value => Plain(value),
    };

    /// <summary>The visible fields of a row as one JSON object.</summary>
    public static string Object(QueryKind kind, string alias) =>
        $"json_build_object({string.Join(", ", kind.Fields.Select(f => $"'{f.Name}', {alias}.{f.Quoted}"))})";

    private static object Plain(object value) => value switch
    {
        int number => (long)number,
        DateTime instant => new DateTimeOffset(instant, TimeSpan.Zero),
        Array items => items.Cast<object>().Select(Plain).ToList(),
        _ => value,
    };
}
