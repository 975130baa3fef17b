using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>Refuses what no body may have, whatever it is about: what is not JSON, text that cannot be stored, lists with holes.</summary>
public static class BodyText
{
    public static Rejection? Refuse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Json.Options.MaxDepth });
        try
        {
            // What the reader is in: true for a list.
            var inside = new Stack<bool>();
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray or JsonTokenType.StartObject:
                        inside.Push(reader.TokenType is JsonTokenType.StartArray);
                        break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        inside.Pop();
                        break;
                    case JsonTokenType.Null when inside.TryPeek(out var isList) && isList:
                        return new Rejection(RejectionKind.Invalid, "request.wrong-type", "A list in the body has a null in it. Leave it out.");
                    case JsonTokenType.String or JsonTokenType.PropertyName when !IsText(ref reader):
                        return new Rejection(RejectionKind.Invalid, "request.bad-text",
                            $"The text that begins at byte {reader.TokenStartIndex + 1} holds a null character, half of a surrogate pair or bytes that are not UTF-8. No text may.");
                    default:
                        break;
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return new Rejection(RejectionKind.Invalid, "request.malformed", $"The body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!.IndexOf('\0') < 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
