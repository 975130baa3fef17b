using System.Text.Json;
using System.Text.Json.Serialization;

namespace IaaS.Projections.Query.Language;

/// <summary>JSON that the database has made: it is handed on as it is, and never read here.</summary>
[JsonConverter(typeof(JsonTextConverter))]
public sealed class JsonText
{
    private readonly ReadOnlyMemory<byte> utf8;

    private JsonText(ReadOnlyMemory<byte> utf8) => this.utf8 = utf8;

    /// <summary>Takes over what the database has sent, and takes the spaces and line breaks between its parts away.</summary>
    public static JsonText Of(byte[] sent)
    {
        var (length, quoted) = (0, false);
        for (var i = 0; i < sent.Length; i++)
        {
            var next = sent[i];
            if (!quoted && next is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') continue;
            sent[length++] = next;
            if (next == '"') quoted = !quoted;
            // What follows it stands for itself, a quote too.
            else if (next == '\\') sent[length++] = sent[++i];
        }

        return new(sent.AsMemory(0, length));
    }

    public void WriteTo(Utf8JsonWriter writer) => writer.WriteRawValue(utf8.Span, skipInputValidation: true);
}

internal sealed class JsonTextConverter : JsonConverter<JsonText>
{
    public override JsonText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("It is written only.");

    public override void Write(Utf8JsonWriter writer, JsonText value, JsonSerializerOptions options) => value.WriteTo(writer);
}
