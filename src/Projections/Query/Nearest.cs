namespace IaaS.Projections.Query;

/// <summary>Finds what a misspelt name was meant to be.</summary>
internal static class Nearest
{
    public static string Of(string name, IEnumerable<string> known) => known.MinBy(k => Distance(name, k)) ?? "";

    /// <summary>Whether one word is another with a slip or two in it.</summary>
    public static bool IsSlip(string word, string meant) => Distance(word, meant) <= Math.Max(1, meant.Length / 3);

    // Levenshtein, in one row; names longer than any field are compared by their beginning.
    private static int Distance(string from, string to)
    {
        if (from.Length > 80) from = from[..80];
        Span<int> row = stackalloc int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var same = char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), Math.Min(row[j], row[j - 1]) + 1));
            }
        }

        return row[^1];
    }
}
