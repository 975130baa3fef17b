using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Kernel;

/// <summary>Brings a command to the one owner of its stream, wherever that is.</summary>
public interface IStreams
{
    /// <param name="command">Goes to the owner of its stream.</param>
    /// <param name="origin">Whose doing it is.</param>
    /// <param name="ahead">
    /// Of the operation that asks, when it wants to hear an acceptance as soon as it is decided: it then rests on the events, too. Null to
    /// hear of what is durable only.
    /// </param>
    Task<Reply> SendAsync(ICommand command, Origin origin, CommitDependencies? ahead = null);
}

/// <summary>The owner's answer.</summary>
/// <param name="Version">Of the stream after the command.</param>
/// <param name="Position">In the log, of the last event that the command led to; 0 when nothing happened, or when it is not durable yet.</param>
public sealed record Reply(Decision Decision, long Version, long Position);

/// <summary>Starts work that outlives its caller. Nothing in the engine starts a task by itself, so that the simulation decides what runs when.</summary>
public interface IBackground
{
    void Start(Func<Task> work);
}

/// <summary>The source of chance. Seeded in the simulation.</summary>
public interface IChance
{
    /// <returns>A number from 0 to <paramref name="exclusiveMax"/> - 1.</returns>
    int Next(int exclusiveMax);
}

/// <summary>The source of new ids.</summary>
public interface IIds
{
    /// <returns>A readable id that sorts by time, for example <c>vm-06f0m3v7q4e1k8x2z5w9s0abcd</c>.</returns>
    string New(string kind);
}

/// <summary>The process, for the record of who runs an operation. New at each start.</summary>
public sealed record Node(string Name);

/// <summary>Operations that have begun and not ended, wherever they ran.</summary>
public interface IOpenOperations
{
    Task<IReadOnlyList<OpenOperation>> ListAsync(CancellationToken ct);
}

public sealed record OpenOperation(OperationId Id, string Node);

/// <summary>Which processes live. An operation of one that does not is resumed by another.</summary>
public interface INodes
{
    bool IsAlive(string node);
}

/// <summary>Sees each commit of this process right after it, in order, before its callers hear of it. It must not block or throw.</summary>
public interface ICommitObserver
{
    void Committed(long previous, IReadOnlyList<Recorded> events);
}

/// <summary>Makes one kind of choice, for example where a VM goes. Found by the type of its request.</summary>
/// <typeparam name="TRequest">What the choice depends on.</typeparam>
public interface IChooser<in TRequest> : IChooser where TRequest : IRequest
{
    /// <param name="request">What the choice depends on.</param>
    /// <param name="refused">What was chosen before and turned out not to fit.</param>
    Choice Choose(TRequest request, IReadOnlySet<string> refused);

    Type IChooser.RequestType => typeof(TRequest);
    Choice IChooser.Choose(IRequest request, IReadOnlySet<string> refused) => Choose((TRequest)request, refused);
}

/// <summary>The untyped face of <see cref="IChooser{TRequest}"/>.</summary>
public interface IChooser
{
    Type RequestType { get; }
    Choice Choose(IRequest request, IReadOnlySet<string> refused);
}

/// <summary>Carries out one kind of request that is neither a command nor a wish, for example emptying a host. Found by the type of its request.</summary>
/// <typeparam name="TRequest">It may be asked more than once, so what it does is idempotent.</typeparam>
public interface IPerformer<in TRequest> : IPerformer where TRequest : IRequest
{
    /// <param name="request">What is to be done.</param>
    /// <param name="origin">Who asked, and by which operation and step.</param>
    /// <param name="ct">Its operation does not wait any longer.</param>
    Task<Performed> PerformAsync(TRequest request, Origin origin, CancellationToken ct);

    Type IPerformer.RequestType => typeof(TRequest);
    Task<Performed> IPerformer.PerformAsync(IRequest request, Origin origin, CancellationToken ct) => PerformAsync((TRequest)request, origin, ct);
}

/// <summary>The untyped face of <see cref="IPerformer{TRequest}"/>.</summary>
public interface IPerformer
{
    Type RequestType { get; }
    Task<Performed> PerformAsync(IRequest request, Origin origin, CancellationToken ct);
}

/// <summary>What was chosen, or why nothing could be.</summary>
public abstract record Choice
{
    private Choice() { }

    public sealed record Made(string Value) : Choice;

    public sealed record None(Rejection Why) : Choice;
}
