using System.Text;

namespace IaaS.Projections.Kernel;

/// <summary>Text as it is searched: runs of letters and digits, in lower case. Nothing is stemmed, for names are no prose.</summary>
public static class SearchWords
{
    private const int MaxLength = 200;

    /// <summary>The words of some texts, each once.</summary>
    public static IReadOnlyCollection<string> Of(params IEnumerable<string?> texts)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in texts) Add(words, text);
        return words;
    }

    /// <summary>Adds the words of a text to others.</summary>
    internal static void Add(ISet<string> words, string? text)
    {
        // One more than a word may have, so that it shows where a word is cut.
        Span<char> word = stackalloc char[MaxLength + 2];
        var length = 0;
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (!Rune.IsLetterOrDigit(rune)) End(word);
            else if (length <= MaxLength) length += Rune.ToLowerInvariant(rune).EncodeToUtf16(word[length..]);
        }

        End(word);

        void End(ReadOnlySpan<char> found)
        {
            if (length > 0) words.Add(Cut(found[..length]));
            length = 0;
        }
    }

    /// <summary>A tsquery for rows in which each word of a text begins a word; null when the text has none.</summary>
    public static string? Query(string text) => Of(text) is { Count: > 0 } words ? string.Join(" & ", words.Select(w => $"'{w}':*")) : null;

    private static string Cut(ReadOnlySpan<char> word) =>
        (word.Length <= MaxLength ? word : word[..(char.IsHighSurrogate(word[MaxLength - 1]) ? MaxLength - 1 : MaxLength)]).ToString();
}
