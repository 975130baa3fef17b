using System.Collections.Concurrent;
using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using Microsoft.Extensions.Logging;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>A request to run a workflow.</summary>
/// <param name="Id">Chosen by the caller, so that a repeated request is recognised.</param>
/// <param name="Subject">The id of the resource that it is about.</param>
/// <param name="Project">Whose it is; null for infrastructure.</param>
/// <param name="Input">Of the workflow's input type.</param>
/// <param name="Fingerprint">Of the request. A repeat under the same id must have the same.</param>
public sealed record OperationRequest(
    OperationId Id, string Workflow, string Subject, string? Project, object Input, string Actor, string Fingerprint)
{
    /// <summary>What led to it: the operation of which it is a part.</summary>
    public string Cause { get; init; } = "request";

    /// <summary>True when its own id was made for this request: it cannot have begun before.</summary>
    public bool IsNew { get; init; }

    /// <summary>True when the subject's id was made for this request, so that nothing can have it.</summary>
    public bool SubjectIsNew { get; init; }
}

/// <summary>What came of an operation so far.</summary>
/// <param name="Input">Reads the workflow's input. What is over is told without it: its shape may be an old one.</param>
/// <param name="Position">In the log: a reader that has come so far sees what the operation did.</param>
/// <param name="Repeated">True when the operation had been started before under the same id.</param>
public sealed record OperationReport(OperationId Id, OperationState State, IWorkflow Workflow, Func<object> Input, long Position, bool Repeated = false)
{
    /// <summary>Counted when it is asked for.</summary>
    public Progress Progress => IsOver ? Progress.AtEnd(State.Phase) : Workflow.ProgressOf(Id, Input(), State);

    public bool IsOver => State.Phase is OperationPhase.Succeeded or OperationPhase.Failed;
}

/// <summary>Runs operations: starts them, and takes over those whose process has ended.</summary>
public sealed partial class OperationEngine(
    WorkflowCatalog workflows, IEventStore store, GroupCommit commits, RequestPerformer performer,
    IBackground background, TimeProvider time, Node node, ILogger<OperationEngine> log, int atOnce = OperationEngine.AtOnce)
{
    /// <summary>Operations that act at the same time, unless told otherwise. With fewer, commits are small; with more, each takes longer, and its rows are written twice.</summary>
    public const int AtOnce = 64;

    /// <summary>Operations whose records are read together when they are taken up again.</summary>
    private const int ReadAtOnce = 256;

    private readonly Turns turns = new(atOnce);

    private readonly ConcurrentDictionary<OperationId, OperationRun> running = new();

    /// <summary>Operations that this process is about to run: they may be in the log already, and are not left behind.</summary>
    private readonly ConcurrentDictionary<OperationId, byte> beginning = new();

    /// <summary>Operations that this process runs now.</summary>
    public int RunningCount => running.Count;

    /// <summary>Operations that wait for their turn to act.</summary>
    public int WaitingCount => turns.Waiting;

    /// <summary>
    /// Starts an operation and answers when its first step is done, or when it is over. What was answered is durable. An id that
    /// exists starts nothing: the answer is then that of the operation that has it.
    /// </summary>
    public async Task<OperationReport> StartAsync(OperationRequest request)
    {
        var workflow = workflows[request.Workflow];
        var started = new OperationStarted(request.Id, request.Workflow, request.Subject, request.Project,
            JsonSerializer.SerializeToElement(request.Input, request.Input.GetType(), DomainJson.Options),
            time.GetUtcNow() + workflow.TimeLimit, node.Name, request.Fingerprint);
        var origin = new Origin(request.Actor, request.Id.Value, request.Cause);
        var run = NewRun(request.Id, workflow, request.Input, request.Actor, request.Project, request.SubjectIsNew);
        await run.TakeTurnAsync();
        var mine = beginning.TryAdd(request.Id, 0);
        var begun = false;
        try
        {
            var append = request.IsNew ? run.BeginAhead(started, origin) : commits.AppendAsync(new Append(request.Id.Value, 0, [started], [origin]));
            if (request.IsNew) Run(run);
            begun = request.IsNew;
            // What goes wrong is the caller's to hear. A run that has begun ahead finds out by itself whether it has begun all the same.
            if (await append is not { } position)
            {
                return !request.IsNew && await ReadAsync(request.Id) is { } before
                    ? before with { Repeated = true }
                    : throw new StoreUnavailableException($"{request.Id} conflicts and cannot be read.", null);
            }

            if (!begun)
            {
                run.Begin(started, position);
                Run(run);
                begun = true;
            }
        }
        finally
        {
            if (!begun) run.GiveTurn();
            if (mine) beginning.TryRemove(request.Id, out _);
        }

        await run.Accepted;
        return run.Report;
    }

    /// <summary>Waits for the end of an operation that this process runs; at once for one that it does not.</summary>
    public async Task<OperationReport?> WaitAsync(OperationId id, TimeSpan atMost, CancellationToken ct)
    {
        if (running.TryGetValue(id, out var run))
        {
            try
            {
                await run.Ended.WaitAsync(atMost, time, ct);
            }
            catch (TimeoutException)
            {
                // It goes on; the caller polls.
            }

            return run.Report;
        }

        return await ReadAsync(id);
    }

    /// <summary>Waits, however long it takes, while this process runs an operation.</summary>
    /// <returns>Null when there is none.</returns>
    public async Task<OperationReport?> WaitAsync(OperationId id, CancellationToken ct)
    {
        if (!running.TryGetValue(id, out var run)) return await ReadAsync(id);
        var over = new TaskCompletionSource();
        await using var given = ct.Register(() => over.TrySetCanceled(ct));
        _ = TellAsync();
        await over.Task;
        return run.Report;

        async Task TellAsync()
        {
            await run.Ended;
            over.TrySetResult();
        }
    }

    /// <summary>Gives an operation up: what it has done is undone. Answers when that is on record.</summary>
    /// <returns>Null when it is being undone, or has been; else why it cannot be.</returns>
    public async Task<Rejection?> CancelAsync(OperationId id, string by)
    {
        if (running.TryGetValue(id, out var run)) return await run.CancelAsync(by);
        return await ReadAsync(id) switch
        {
            null => new Rejection(RejectionKind.NotFound, "op.not-found", $"There is no operation {id}."),
            { State.Failure: not null } => null,
            { IsOver: true } => new Rejection(RejectionKind.Conflict, "operation.over", $"{id} has succeeded already. Undo it by an operation of your own."),
            _ => NotHere(id),
        };
    }

    /// <summary>Ends the pause before the next attempt of an operation whose step, or undo, does not succeed.</summary>
    /// <returns>Null when it tries again.</returns>
    public async Task<Rejection?> RetryAsync(OperationId id)
    {
        if (running.TryGetValue(id, out var run))
        {
            run.Hurry();
            return null;
        }

        return await ReadAsync(id) switch
        {
            null => new Rejection(RejectionKind.NotFound, "op.not-found", $"There is no operation {id}."),
            { IsOver: true } => new Rejection(RejectionKind.Conflict, "operation.over", $"{id} is over. Ask anew for what it was to do."),
            _ => NotHere(id),
        };
    }

    /// <summary>
    /// Has an operation go on behind the step that fails again and again, as if it had succeeded: an administrator looks after what it
    /// leaves. Asked again for the same step, or without one for the same reason, it answers the same. Answers when it is on record.
    /// </summary>
    /// <returns>Null when it goes on; else why it does not.</returns>
    public async Task<Rejection?> HandOverAsync(OperationId id, HandOver asked)
    {
        if (running.TryGetValue(id, out var run)) return await run.HandOverAsync(asked);
        return await ReadAsync(id) switch
        {
            null => new Rejection(RejectionKind.NotFound, "op.not-found", $"There is no operation {id}."),
            { State: var state } when state.HasHandedOver(asked.Step, asked.Reason) => null,
            { IsOver: true } => new Rejection(RejectionKind.Conflict, "operation.over", $"{id} is over: nothing of it waits."),
            _ => NotHere(id),
        };
    }

    internal static Rejection NotHere(OperationId id) =>
        new(RejectionKind.Unavailable, "operation.not-run", $"{id} is being taken over from a process that has ended. Try again in some seconds.");

    /// <summary>What the log says of an operation; null when there is none.</summary>
    public async Task<OperationReport?> ReadAsync(OperationId id)
    {
        if (running.TryGetValue(id, out var run)) return run.Report;
        var events = await LoadAsync(id);
        return events.Count == 0 ? null : ReportOf(id, events.Aggregate(OperationState.Empty, (s, e) => OperationState.Evolve(s, e.Event)), events[^1].Position);
    }

    /// <summary>What there is to say of an operation whose events have been folded up to a position.</summary>
    public OperationReport ReportOf(OperationId id, OperationState state, long position)
    {
        var workflow = workflows[state.Started!.Workflow];
        return new OperationReport(id, state, workflow, () => workflow.ReadInput(state.Started.Input), position);
    }

    /// <summary>True while this process drives the operation, and hence sees each of its commits.</summary>
    public bool Runs(OperationId id) => running.ContainsKey(id);

    /// <summary>
    /// Takes over the open operations that nobody runs: those of processes that no longer live, and those of this process whose
    /// beginning was committed while the answer to it was lost. Safe to call at any time; to be called every few seconds.
    /// </summary>
    /// <returns>How many were taken over.</returns>
    public async Task<int> ResumeAsync(IOpenOperations open, INodes nodes, CancellationToken ct)
    {
        var resumed = 0;
        var left = (await open.ListAsync(ct)).Where(o => IsLeft(o.Id, o.Node, nodes));
        // Some at a time, so that they share commits and do not have all the log in memory at once.
        foreach (var some in left.Chunk(ReadAtOnce))
        {
            var events = await AskAsync(() => store.ReadAllAsync([.. some.Select(o => o.Id.Value)], ct));
            resumed += (await Task.WhenAll(events.GroupBy(e => e.Stream, StringComparer.Ordinal).Select(o => TakeOverAsync(OperationId.Of(o.Key), [.. o], nodes)))).Count(taken => taken);
        }

        if (resumed > 0) LogResumed(log, resumed);
        return resumed;
    }

    private bool IsLeft(OperationId id, string runner, INodes nodes) =>
        !running.ContainsKey(id) && (string.Equals(runner, node.Name, StringComparison.Ordinal) ? !beginning.ContainsKey(id) : !nodes.IsAlive(runner));

    private async Task<bool> TakeOverAsync(OperationId id, List<Recorded> events, INodes nodes)
    {
        var state = events.Aggregate(OperationState.Empty, (s, e) => OperationState.Evolve(s, e.Event));
        if (state.Phase is not (OperationPhase.Running or OperationPhase.Undoing) || !IsLeft(id, state.Node, nodes) || !beginning.TryAdd(id, 0)) return false;
        try
        {
            var workflow = workflows[state.Started!.Workflow];
            var run = NewRun(id, workflow, workflow.ReadInput(state.Started.Input), events[0].Origin.Actor, state.Started.Project);
            if (!await run.TakeOverAsync(state, events[^1].Version)) return false;
            Run(run);
            return true;
        }
        finally
        {
            beginning.TryRemove(id, out _);
        }
    }

    /// <summary>The events of an operation; none when there is no such operation.</summary>
    public Task<IReadOnlyList<Recorded>> LoadAsync(OperationId id) => AskAsync(() => store.ReadAsync(id.Value, 0, CancellationToken.None));

    private static async Task<T> AskAsync<T>(Func<Task<T>> store)
    {
        try
        {
            return await store();
        }
        catch (Exception e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private OperationRun NewRun(OperationId id, IWorkflow workflow, object input, string actor, string? project, bool subjectIsNew = false) =>
        new(id, workflow, input, actor, node, commits, performer, store, time, log, new Turn(turns, project ?? actor), subjectIsNew);

    private void Run(OperationRun run)
    {
        running[run.Id] = run;
        background.Start(async () =>
        {
            try
            {
                await run.RunAsync();
            }
            finally
            {
                running.TryRemove(run.Id, out _);
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took over {Count} open operations")]
    private static partial void LogResumed(ILogger log, int count);
}
