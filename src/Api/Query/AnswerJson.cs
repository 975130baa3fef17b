using System.Text.Json;
using System.Text.Json.Serialization;
using IaaS.Projections.Query.Language;

namespace IaaS.Api.Query;

/// <summary>Writes the cells of an answer as the JSON of rows: one object each, with the keys of the query.</summary>
public static class AnswerJson
{
    public static void WriteRow(Utf8JsonWriter writer, IReadOnlyList<string> keys, IReadOnlyList<object?> row) => WriteRow(writer, Encoded(keys, writer), row);

    private static JsonEncodedText[] Encoded(IReadOnlyList<string> keys, Utf8JsonWriter writer) => [.. keys.Select(k => JsonEncodedText.Encode(k, writer.Options.Encoder))];

    private static void WriteRow(Utf8JsonWriter writer, JsonEncodedText[] keys, IReadOnlyList<object?> row)
    {
        writer.WriteStartObject();
        for (var i = 0; i < keys.Length; i++)
        {
            // As everywhere in the API: what has no value is not there.
            if (row[i] is null) continue;
            writer.WritePropertyName(keys[i]);
            WriteCell(writer, row[i]);
        }

        writer.WriteEndObject();
    }

    public static void WriteRows(Utf8JsonWriter writer, QueryAnswer answer)
    {
        writer.WriteStartArray();
        var keys = Encoded(answer.Keys, writer);
        foreach (var row in answer.Rows) WriteRow(writer, keys, row);
        writer.WriteEndArray();
    }

    private static void WriteRelated(Utf8JsonWriter writer, RelatedRow row)
    {
        writer.WriteStartObject();
        for (var i = 0; i < row.Fields.Count; i++)
        {
            writer.WritePropertyName(row.Fields[i]);
            WriteCell(writer, row.Values[i]);
        }

        writer.WriteEndObject();
    }

    private static void WriteCell(Utf8JsonWriter writer, object? cell)
    {
        switch (cell)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case long number: writer.WriteNumberValue(number); break;
            case decimal number: writer.WriteNumberValue(number); break;
            case double number: writer.WriteNumberValue(number); break;
            case bool truth: writer.WriteBooleanValue(truth); break;
            case DateTimeOffset instant: writer.WriteStringValue(instant); break;
            case JsonText json: json.WriteTo(writer); break;
            case RelatedRow related: WriteRelated(writer, related); break;
            case System.Collections.IEnumerable items:
                writer.WriteStartArray();
                foreach (var item in items) WriteCell(writer, item);
                writer.WriteEndArray();
                break;
            default: throw new InvalidOperationException($"A cell cannot be a {cell.GetType()}.");
        }
    }
}

/// <summary>One page of rows.</summary>
[JsonConverter(typeof(RowsConverter))]
public sealed record RowsBody(QueryAnswer Answer);

/// <summary>A page of a list.</summary>
/// <param name="Next">What to send as <c>after</c> for the next page; none on the last.</param>
/// <param name="Total">The rows of all pages, where <c>total=true</c> asked for it.</param>
public sealed record ListBody(RowsBody Items, string? Next, long? Total);

/// <summary>The answers to the queries of one text, in its order.</summary>
public sealed record AnswersBody(IReadOnlyList<AnswerBody> Answers);

/// <summary>The answer to one query.</summary>
/// <param name="Name">As <c>named '…'</c> says; null when it says nothing.</param>
/// <param name="Rows">One object a row, with the keys that the query returns. With <c>between</c>: what happened.</param>
/// <param name="Next">What to send as <c>after '…'</c> for the next page; null on the last.</param>
/// <param name="Total">The rows of all pages, where <c>with total</c> asked for it.</param>
/// <param name="Position">Every event of the log up to it is in the answer, and none after it.</param>
public sealed record AnswerBody(string? Name, string Kind, object Rows, string? Next, long? Total, long Position);

public sealed class RowsConverter : JsonConverter<RowsBody>
{
    public override RowsBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("Rows are written only.");

    public override void Write(Utf8JsonWriter writer, RowsBody value, JsonSerializerOptions options) => AnswerJson.WriteRows(writer, value.Answer);
}
