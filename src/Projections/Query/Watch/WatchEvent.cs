using System.Globalization;

namespace IaaS.Projections.Query.Watch;

/// <summary>What became of a row between two evaluations of a watched query.</summary>
public enum WatchChange
{
    /// <summary>It fulfilled the query when the watch began.</summary>
    Row,

    /// <summary>It fulfils the query now.</summary>
    Enter,

    /// <summary>What is returned of it is different now.</summary>
    Change,

    /// <summary>It fulfils the query no longer, or is gone.</summary>
    Leave,

    /// <summary>Nothing; the log has come this far.</summary>
    Position,
}

/// <summary>
/// A place in what a watch tells: the <paramref name="Count"/>-th of the differences between two positions of the log. The differences
/// between two positions are always the same, in the same order, so a watcher that was cut off goes on exactly behind it.
/// </summary>
/// <param name="From">The position before; -1 for the rows that a watch begins with.</param>
/// <param name="To">The position after.</param>
public readonly record struct WatchPlace(long From, long To, int Count)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From}.{To}.{Count}");

    /// <summary>Null for what <see cref="ToString"/> did not write.</summary>
    public static WatchPlace? Parse(string text) => text.Split('.') is [var from, var to, var count]
        && long.TryParse(from, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var f) && f >= -1
        && long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t >= f
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var c)
            ? new WatchPlace(f, t, c)
            : null;
}

/// <param name="Id">Of the row; for groups the values that make it, as JSON. Null for <see cref="WatchChange.Position"/>.</param>
/// <param name="Row">What the query returns of it; null when it left.</param>
public sealed record WatchEvent(WatchChange Change, WatchPlace Place, string? Id, IReadOnlyList<object?>? Row, IReadOnlyList<string> Keys);
