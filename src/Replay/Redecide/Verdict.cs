using IaaS.Domain.Kernel;

namespace IaaS.Replay.Redecide;

/// <summary>A decision that today's code takes otherwise than the log has it.</summary>
/// <param name="Command">Of today's workflow; empty when it has none for these events.</param>
/// <param name="Recorded">What the log has; none when the log has no events of the step, or a refusal.</param>
/// <param name="Refusal">Why it was refused; null when it was not.</param>
/// <param name="Today">What today's code says.</param>
/// <param name="Position">Of what the log has.</param>
public sealed record Difference(
    OperationTrace Operation, string Step, Way Way, string Stream, long Version, long Position, string Command,
    IReadOnlyList<Recorded> Recorded, Rejection? Refusal, Answer Today);

/// <summary>What today's code says to a command.</summary>
public abstract record Answer
{
    private Answer() { }

    public sealed record Accepts(IReadOnlyList<IEvent> Events) : Answer;

    public sealed record Rejects(Rejection Why) : Answer;

    /// <param name="What">For people: it throws, it is left out, it asks for nothing.</param>
    public sealed record Other(string What) : Answer;
}

/// <summary>What re-deciding a log has found.</summary>
public sealed class Verdict
{
    private readonly List<Difference> different = [];
    private readonly SortedDictionary<string, int> left = new(StringComparer.Ordinal);

    public int Operations { get; internal set; }

    public int Same { get; internal set; }

    public int Redecided => Same + different.Count;

    /// <summary>Events of the log that belong to decisions that were decided again.</summary>
    public int Events { get; internal set; }

    public IReadOnlyList<Difference> Different => different;

    /// <summary>What cannot be decided again: why, and how often.</summary>
    public IReadOnlyDictionary<string, int> Left => left;

    internal void Add(Difference difference)
    {
        different.Add(difference);
        Events += difference.Recorded.Count;
    }

    internal void Leave(string why, int times = 1)
    {
        if (times > 0) left[why] = left.GetValueOrDefault(why) + times;
    }

    internal void InOrder() => different.Sort((a, b) => a.Position.CompareTo(b.Position));
}
