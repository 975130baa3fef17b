namespace IaaS.Projections.Rebuild;

public enum BuildKind { Rebuild, Verify }

public enum BuildState { Waiting, Running, Done, Failed }

/// <summary>How far a build has come.</summary>
/// <param name="Position">Every event up to it is in the new tables.</param>
/// <param name="Events">Events read since it began, or was taken up again.</param>
/// <param name="EventsPerSecond">Over the same time.</param>
public sealed record BuildProgress(long Position, long Events, double EventsPerSecond);

/// <summary>What a rebuild or a verification of one view is at.</summary>
/// <param name="Target">The end of the log.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Found">What a verification has found, once it is done.</param>
public sealed record BuildStatus(
    string View, BuildKind Kind, BuildState State, BuildProgress Progress, long Target, string? Error, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, Verification? Found);
