namespace IaaS.Commands.Audit;

/// <param name="Since">When it was seen first.</param>
/// <param name="Checks">How often it has been seen since, the same each time.</param>
/// <param name="IsTold">True for what is wrong; false for what may yet explain itself.</param>
public sealed record Sighting(AuditFinding Finding, DateTimeOffset Since, int Checks, bool IsTold);

/// <summary>
/// Tells what is wrong from what is under way. A cloud that is used has more or less somewhere at every moment, and views come a little late. So
/// a difference counts when it has been seen in three checks in a row with the same numbers, and no operation is open that was open when it was
/// seen first. What is stuck, overdue or given twice is explained by nothing: twice seen is enough.
/// </summary>
public sealed class Sightings
{
    private const int EnoughOfDifferences = 3;
    private const int EnoughOfOthers = 2;

    private Dictionary<AuditFinding, Sighting> seen = [];

    /// <summary>What was there at the last check, what counts and what does not.</summary>
    public IReadOnlyCollection<Sighting> All => seen.Values;

    /// <param name="found">By one check.</param>
    /// <param name="at">When it ended: what it saw may be by an operation that began before that.</param>
    /// <param name="oldest">When the oldest operation began that was open as the check began; null for none.</param>
    /// <returns>What counts now and did not before, and what counted and is gone.</returns>
    public (IReadOnlyList<Sighting> Begun, IReadOnlyList<Sighting> Ended) See(IReadOnlyList<AuditFinding> found, DateTimeOffset at, DateTimeOffset? oldest)
    {
        ArgumentNullException.ThrowIfNull(found);
        var before = seen;
        seen = found.Distinct().Select(f => Next(f, before.GetValueOrDefault(f), at, oldest)).ToDictionary(s => s.Finding);
        return ([.. seen.Values.Where(s => s.IsTold && before.GetValueOrDefault(s.Finding) is not { IsTold: true })],
            [.. before.Values.Where(s => s.IsTold && !seen.ContainsKey(s.Finding))]);
    }

    private static Sighting Next(AuditFinding finding, Sighting? before, DateTimeOffset at, DateTimeOffset? oldest)
    {
        var (since, checks) = (before?.Since ?? at, (before?.Checks ?? 0) + 1);
        var counts = IsDifference(finding) ? checks >= EnoughOfDifferences && (oldest is null || oldest > since) : checks >= EnoughOfOthers;
        return new(finding, since, checks, counts || before is { IsTold: true });
    }

    private static bool IsDifference(AuditFinding finding) => finding.Code.EndsWith(".sum", StringComparison.Ordinal);
}
