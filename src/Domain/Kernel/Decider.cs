namespace IaaS.Domain.Kernel;

/// <summary>A fact that happened. Its stored name and its shape are a contract for as long as the store lives.</summary>
public interface IEvent;

/// <summary>An event as an earlier version stored it. It is read for ever, as what it is today, and never written again.</summary>
public interface IEarlierEvent : IEvent
{
    /// <returns>What says the same today; perhaps of an earlier version, too.</returns>
    IEvent Upcast();
}

/// <summary>The stable name an event is stored under. Renaming the class must not rename the event.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EventNameAttribute(string name) : Attribute
{
    /// <summary>For example <c>vm.requested/1</c>: resource, fact, schema version.</summary>
    public string Name { get; } = name;
}

/// <summary>State folded from one stream.</summary>
/// <typeparam name="TSelf">The state itself.</typeparam>
public interface IState<TSelf> where TSelf : IState<TSelf>
{
    /// <summary>The kind of stream it is folded from: the part of the stream's id before the first dash.</summary>
    static abstract string Kind { get; }

    static abstract TSelf Empty { get; }

    /// <summary>
    /// True for streams without an end, as those of scarce pools are. Their state is kept now and then, so that its public properties must
    /// survive JSON.
    /// </summary>
    static virtual bool GrowsLong => false;

    /// <summary>Applies one fact. Total and pure: it never throws, reads no clock and does no I/O.</summary>
    static abstract TSelf Evolve(TSelf state, IEvent happened);
}

/// <summary>What a workflow asks of the world: a command on a stream, a wish to a driver, or a choice.</summary>
public interface IRequest;

/// <summary>An intention against one stream.</summary>
public interface ICommand : IRequest
{
    /// <summary>The stream that decides, for example <c>host-rack1-07</c>.</summary>
    string Stream { get; }
}

/// <summary>An intention against one stream: it is either accepted as events or rejected with a reason.</summary>
/// <typeparam name="TState">The state it is decided on.</typeparam>
public interface ICommand<in TState> : ICommand
{
    /// <summary>Pure. Whatever it needs beyond the state (time, new ids) travels in the command.</summary>
    Decision Decide(TState state);
}

/// <summary>
/// A command whose repeat nothing in the state tells from a new one. Somebody else may have changed the same thing since, and a step
/// that is repeated after a crash must not change it back. So its stream's owner looks whether the step has been there already.
/// </summary>
public interface IOneOff : ICommand;

/// <summary>
/// A command that begins its stream, nearly always. Its stream's owner does not read first whether there is one: the store says so when the
/// first event is appended.
/// </summary>
public interface IBegin : ICommand;

/// <summary>The answer to a command. A rejection is an expected answer, hence no exception.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <param name="Events">What happened; none when what was asked for is so already.</param>
    /// <param name="Output">What the caller learns, for example the address that was allocated.</param>
    public sealed record Accepted(IReadOnlyList<IEvent> Events, string Output = "") : Decision;

    public sealed record Rejected(Rejection Reason) : Decision;

    public static Decision Accept(params IReadOnlyList<IEvent> events) => new Accepted(events);

    /// <summary>Asked before, and so already: nothing new happens, and the answer is the same.</summary>
    public static Decision Already(string output = "") => new Accepted([], output);

    public static Decision Reject(RejectionKind kind, string code, string detail) =>
        new Rejected(new Rejection(kind, code, detail));
}

/// <summary>Why something was refused.</summary>
/// <param name="Kind">Decides the HTTP status, in one place.</param>
/// <param name="Code">Stable, for programs: <c>vm.already-exists</c>.</param>
/// <param name="Detail">For people: what is wrong and what to do about it.</param>
public sealed record Rejection(RejectionKind Kind, string Code, string Detail);

public enum RejectionKind { Invalid, NotFound, Gone, Conflict, Forbidden, QuotaExceeded, NoCapacity, Unavailable, TimedOut, Busy }
