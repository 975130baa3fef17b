using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Replay.Redecide;

public enum Way { Do, Undo }

/// <summary>What the log says of an asking.</summary>
public enum Outcome
{
    /// <summary>The step is done, or undone.</summary>
    Done,

    /// <summary>The step failed.</summary>
    Failed,

    /// <summary>What was chosen was refused, and something else was chosen.</summary>
    ChosenAgain,

    /// <summary>Nothing: it may have been asked, or not.</summary>
    Open,
}

/// <summary>What one step of an operation asks for, by today's workflow, on what the log says of the operation.</summary>
/// <param name="After">The answer came after this position.</param>
/// <param name="Until">And before this one.</param>
public sealed record Ask(OperationTrace Operation, string Step, StepKind Kind, Way Way, long After, long Until, Outcome Outcome)
{
    public IReadOnlyList<Asked> Commands { get; init; } = [];

    /// <summary>How many wishes it has to hosts. What a host answered cannot be decided again.</summary>
    public int Wishes { get; init; }

    /// <summary>Why an operation that failed here did.</summary>
    public Rejection? Error { get; init; }

    /// <summary>Today's workflow leaves the step out here.</summary>
    public bool Skipped { get; init; }

    /// <summary>Why it cannot be told what is asked for; null when it can.</summary>
    public string? Untold { get; init; }

    /// <summary>The log lacks outputs of steps before, so what is asked for may not be what was.</summary>
    public bool Unsure { get; init; }

    public bool Holds(long position) => position > After && position <= Until;
}

/// <summary>One command of an asking.</summary>
public sealed class Asked(Ask ask, ICommand command)
{
    public Ask Ask => ask;

    public ICommand Command => command;

    /// <summary>Events of the log have been laid to it.</summary>
    public bool Told { get; set; }
}

/// <summary>An event of an operation's own stream, one step at a time, and the operation before and after it.</summary>
/// <param name="Before">The last position of the append before: what the event tells of happened after that.</param>
internal sealed record Moment(IEvent Event, Recorded Recorded, long Before, OperationState State, OperationState Then);
