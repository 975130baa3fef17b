using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>
/// PostgreSQL holds no NUL character, neither in text nor in jsonb, and refuses a whole statement for one. It is never meant, so it
/// is stored as U+FFFD, the replacement character, and one stray NUL cannot fail the appends that share its commit.
/// Half a surrogate pair becomes U+FFFD too; System.Text.Json sees to that.
/// </summary>
public static class StorableText
{
    public const char Replacement = '\uFFFD';

    private const string EscapedNul = "\\u0000";

    /// <summary>Plain text without NUL.</summary>
    public static string Of(string text) => text.Replace('\0', Replacement);

    public static Origin Of(Origin origin) =>
        origin.Actor.Contains('\0', StringComparison.Ordinal) || origin.Correlation.Contains('\0', StringComparison.Ordinal)
            || origin.Causation.Contains('\0', StringComparison.Ordinal)
            ? new(Of(origin.Actor), Of(origin.Correlation), Of(origin.Causation))
            : origin;

    /// <summary>JSON whose strings are without NUL. An escaped backslash followed by "u0000" is not one and stays.</summary>
    public static string OfJson(string json)
    {
        var at = json.IndexOf(EscapedNul, StringComparison.Ordinal);
        if (at < 0) return json;
        var clean = new System.Text.StringBuilder(json);
        for (; at >= 0; at = json.IndexOf(EscapedNul, at + 1, StringComparison.Ordinal))
        {
            var backslashes = 0;
            while (at > backslashes && json[at - backslashes - 1] == '\\') backslashes++;
            // Same length as what it replaces, so that the positions found in the original stay right.
            if (backslashes % 2 == 0) clean.Replace(EscapedNul, "\\ufffd", at, EscapedNul.Length);
        }

        return clean.ToString();
    }

    /// <summary>True when the JSON may hold NUL, or may read back as other text than was written.</summary>
    public static bool MayDiffer(ReadOnlySpan<byte> json) =>
        json.IndexOf("\\u"u8) >= 0 || json.IndexOf("\uFFFD"u8) >= 0;
}
