using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query;

/// <summary>
/// The place after one row of a sorted list: opaque to users, unaffected by rows that come and go. It grants nothing, for tenancy
/// is part of each query; its check sum finds the damaged and the hand-made.
/// </summary>
/// <param name="Value">The sort field's value as <see cref="ViewField.Write"/> has it; null when the row has none.</param>
/// <param name="Id">The row's id.</param>
internal sealed record Cursor(string? Value, string Id)
{
    private const int CheckBytes = 8;

    private const int MaxLength = 8_192;

    public string Encode(ViewShape view, string sort)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes<string?[]>([Value, Id]);
        return Base64Url.EncodeToString([.. Check(view, sort, payload), .. payload]);
    }

    /// <summary>Null for everything that <see cref="Encode"/> did not make for the same view and sort order.</summary>
    public static Cursor? Decode(string text, ViewShape view, string sort)
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        // One cursor, one spelling: spare bits and white space are refused with the rest.
        if (bytes.Length <= CheckBytes || !string.Equals(Base64Url.EncodeToString(bytes), text, StringComparison.Ordinal)) return null;
        var payload = bytes.AsSpan(CheckBytes);
        if (!bytes.AsSpan(0, CheckBytes).SequenceEqual(Check(view, sort, payload))) return null;
        try
        {
            return JsonSerializer.Deserialize<string?[]>(payload) is [var value, { } id] ? new(value, id) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The version of the view is part of it: after a change of fields a value may mean something else.
    private static byte[] Check(ViewShape view, string sort, ReadOnlySpan<byte> payload) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes($"{view.Name}/{view.Type.Version}/{sort}\n"), .. payload])[..CheckBytes];
}
