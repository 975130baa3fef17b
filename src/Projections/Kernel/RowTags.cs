namespace IaaS.Projections.Kernel;

/// <summary>The tags of a row: in ordinal order, each once. A list that does not change stays the same object, for rows compare lists by it.</summary>
public static class RowTags
{
    extension(IReadOnlyList<string> tags)
    {
        public IReadOnlyList<string> With(string tag) =>
            tags.Contains(tag, StringComparer.Ordinal) ? tags : [.. tags.Append(tag).Order(StringComparer.Ordinal)];

        public IReadOnlyList<string> Without(string tag) =>
            tags.Contains(tag, StringComparer.Ordinal) ? [.. tags.Where(t => !string.Equals(t, tag, StringComparison.Ordinal))] : tags;
    }
}
