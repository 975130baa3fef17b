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
    OperationId Id, string Workflow, string Subject, string? Project, object Input, string Actor, string Fingerprint);

/// <summary>What came of an operation so far.</summary>
/// <param name="Position">In the log: a reader that has come so far sees what the operation did.</param>
/// <param name="Repeated">True when the operation had been started before under the same id.</param>
public sealed record OperationReport(OperationId Id, OperationState State, long Position, bool Repeated = false)
{
    public bool IsOver => State.Phase is OperationPhase.Succeeded or OperationPhase.Failed;
}

/// <summary>Runs operations: starts them, and takes over those whose process has ended.</summary>
public sealed partial class OperationEngine(
    WorkflowCatalog workflows, IEventStore store, GroupCommit commits, RequestPerformer performer,
    IBackground background, TimeProvider time, Node node, ILogger<OperationEngine> log)
{
    private readonly ConcurrentDictionary<OperationId, OperationRun> running = new();

    /// <summary>Operations that this process runs now.</summary>
    public int RunningCount => running.Count;

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
        // Known before it is in the log, so that the sweep never takes it for one that nobody runs.
        var run = NewRun(request.Id, workflow, request.Input, request.Actor);
        if (!running.TryAdd(request.Id, run)) return await JoinAsync(request.Id);
        long? position = null;
        try
        {
            position = await commits.AppendAsync(new Append(request.Id.Value, 0, [started], [new Origin(request.Actor, request.Id.Value, "request")]));
        }
        finally
        {
            if (position is null)
            {
                running.TryRemove(request.Id, out _);
                run.Abandon();
            }
        }

        if (position is null) return await JoinAsync(request.Id);
        run.Begin(started, position.Value);
        Run(run);
        await run.Accepted;
        return run.Report;
    }

    /// <summary>The answer to a repeated start: that of the first.</summary>
    private async Task<OperationReport> JoinAsync(OperationId id)
    {
        if (running.TryGetValue(id, out var run)) await run.Accepted;
        return await ReadAsync(id) is { } before
            ? before with { Repeated = true }
            : throw new StoreUnavailableException($"{id} was begun a moment ago, and it is not known whether it has been recorded.", null);
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

    /// <summary>What the log says of an operation; null when there is none.</summary>
    public async Task<OperationReport?> ReadAsync(OperationId id)
    {
        if (running.TryGetValue(id, out var run) && run.HasBegun) return run.Report;
        var events = await store.ReadAsync(id.Value, 0, CancellationToken.None);
        return events.Count == 0
            ? null
            : new OperationReport(id, events.Aggregate(OperationState.Empty, (s, e) => OperationState.Evolve(s, e.Event)), events[^1].Position);
    }

    /// <summary>
    /// Takes over the open operations that nobody runs: their process no longer lives, or it is this one and does not know of them,
    /// because the store's answer to their start was lost. Safe to call at any time.
    /// </summary>
    /// <returns>How many were taken over.</returns>
    public async Task<int> ResumeAsync(IOpenOperations open, INodes nodes, CancellationToken ct)
    {
        var resumed = 0;
        foreach (var operation in await open.ListAsync(ct))
        {
            if (IsRun(operation.Id, operation.Node, nodes)) continue;
            if (await TakeOverAsync(operation.Id, nodes)) resumed++;
        }

        if (resumed > 0) LogResumed(log, resumed);
        return resumed;
    }

    private bool IsRun(OperationId id, string by, INodes nodes) =>
        running.ContainsKey(id) || (!string.Equals(by, node.Name, StringComparison.Ordinal) && nodes.IsAlive(by));

    private async Task<bool> TakeOverAsync(OperationId id, INodes nodes)
    {
        var events = await store.ReadAsync(id.Value, 0, CancellationToken.None);
        var state = events.Aggregate(OperationState.Empty, (s, e) => OperationState.Evolve(s, e.Event));
        if (state.Phase is not (OperationPhase.Running or OperationPhase.Undoing) || IsRun(id, state.Node, nodes)) return false;

        var workflow = workflows[state.Started!.Workflow];
        var run = NewRun(id, workflow, workflow.ReadInput(state.Started.Input), events[0].Origin.Actor);
        if (!running.TryAdd(id, run)) return false;
        if (!await run.TakeOverAsync(state, events[^1].Version))
        {
            running.TryRemove(id, out _);
            run.Abandon();
            return false;
        }

        Run(run);
        return true;
    }

    private OperationRun NewRun(OperationId id, IWorkflow workflow, object input, string actor) =>
        new(id, workflow, input, actor, node, commits, performer, store, time, log);

    private void Run(OperationRun run)
    {
        background.Start(async () =>
        {
            try
            {
                await run.RunAsync();
            }
            finally
            {
                running.TryRemove(KeyValuePair.Create(run.Id, run));
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took over {Count} open operations")]
    private static partial void LogResumed(ILogger log, int count);
}
