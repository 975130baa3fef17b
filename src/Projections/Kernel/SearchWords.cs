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
        var word = new StringBuilder();
        foreach (var text in texts)
        {
            foreach (var rune in (text ?? "").EnumerateRunes())
            {
                if (Rune.IsLetterOrDigit(rune)) word.Append(Rune.ToLowerInvariant(rune).ToString());
                else End();
            }

            End();
        }

        return words;

        void End()
        {
            if (word.Length > 0) words.Add(Cut(word.ToString()));
            word.Clear();
        }
    }

    /// <summary>A tsquery for rows in which each word of a text begins a word; null when the text has none.</summary>
    public static string? Query(string text) => Of(text) is { Count: > 0 } words ? string.Join(" & ", words.Select(w => $"'{w}':*")) : null;

    private static string Cut(string word) => word.Length <= MaxLength ? word : word[..(char.IsHighSurrogate(word[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
}
