using System.Text.Json;
using System.Text.Json.Serialization;

namespace IaaS.Projections.Query.Language;

/// <summary>A related row, whole: the values of its visible fields in their order, each as a cell has it.</summary>
/// <param name="Fields">Their names, ready to be written for each of many rows.</param>
[JsonConverter(typeof(RelatedRowConverter))]
public sealed record RelatedRow(IReadOnlyList<JsonEncodedText> Fields, IReadOnlyList<object?> Values);

internal sealed class RelatedRowConverter : JsonConverter<RelatedRow>
{
    public override RelatedRow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("It is written only.");

    public override void Write(Utf8JsonWriter writer, RelatedRow value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        for (var i = 0; i < value.Fields.Count; i++)
        {
            writer.WritePropertyName(value.Fields[i]);
            JsonSerializer.Serialize(writer, value.Values[i], options);
        }

        writer.WriteEndObject();
    }
}
