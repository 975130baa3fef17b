using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query.Compile;

/// <summary>
/// The place after one row of an order: opaque to users, unaffected by rows that come and go. It grants nothing, for tenancy is part
/// of each query; its check sum finds the damaged and the hand-made.
/// </summary>
internal static class PageCursor
{
    private const int CheckBytes = 8;

    private const int MaxLength = 8_192;

    /// <param name="values">Of the keys, in order.</param>
    /// <param name="order">Kind, version and order that it is for.</param>
    public static string Encode(IEnumerable<object?> values, string order)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(values.Select(v => v is null ? null : ViewField.Write(v)).ToArray());
        return Base64Url.EncodeToString([.. Check(order, payload), .. payload]);
    }

    /// <summary>Null for everything that <see cref="Encode"/> did not make for the same order.</summary>
    public static IReadOnlyList<string?>? Decode(string text, string order)
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        // One cursor, one spelling: spare bits and white space are refused with the rest.
        if (bytes.Length <= CheckBytes || !string.Equals(Base64Url.EncodeToString(bytes), text, StringComparison.Ordinal)) return null;
        var payload = bytes.AsSpan(CheckBytes);
        if (!bytes.AsSpan(0, CheckBytes).SequenceEqual(Check(order, payload))) return null;
        try
        {
            return JsonSerializer.Deserialize<string?[]>(payload);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Check(string order, ReadOnlySpan<byte> payload) => SHA256.HashData([.. Encoding.UTF8.GetBytes($"{order}\n"), .. payload])[..CheckBytes];
}
