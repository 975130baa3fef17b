using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Pipeline;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using MediatR;

namespace IaaS.Api.Kernel;

/// <summary>What a change is about, ready to be submitted.</summary>
/// <param name="Id">Of the resource.</param>
/// <param name="Project">Whose it is; null for infrastructure.</param>
/// <param name="Input">Of the workflow's input type.</param>
public sealed record Change(string Workflow, string Id, string? Project, object Input)
{
    /// <summary>True when the id was made for this request, so that nothing can have it.</summary>
    public bool IdIsNew { get; init; }
}

/// <summary>What all endpoints do: submit changes, wait for what they changed, read rows as far as the caller may see them.</summary>
public sealed class ApiHost(
    IMediator mediator, OperationEngine engine, Projector projector, GroupCommit commits, IEventStore store, QueryDatabase db, TimeProvider time)
{
    /// <summary>The header that says how far the log had come with this answer; <c>?waitFor=</c> takes it.</summary>
    public const string PositionHeader = "IaaS-Position";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    public OperationEngine Engine => engine;

    public IEventStore Store => store;

    public TimeProvider Time => time;

    public async Task<Submitted> SubmitAsync(HttpContext http, Change change, string fingerprint) => await mediator.Send(new Submit(
        http.Caller, change.Workflow, change.Id, change.Project, change.Input,
        http.Request.Headers.TryGetValue("Idempotency-Key", out var key) ? key.ToString() : null, fingerprint)
    { SubjectIsNew = change.IdIsNew }, http.RequestAborted);

    /// <summary>Submits and answers at once: 202, with the operation to poll.</summary>
    public async Task<IResult> AcceptAsync(HttpContext http, Change change, string fingerprint)
    {
        var submitted = await SubmitAsync(http, change, fingerprint);
        if (submitted.Error is { } why) return Problems.Of(why, submitted.Fields, submitted.Report?.Id.Value);
        return await AcceptedAsync(http, submitted.Report!);
    }

    /// <summary>Submits, waits for the end, and answers with the resource as it is then.</summary>
    public async Task<IResult> CompleteAsync(HttpContext http, Change change, string fingerprint, Func<string, Task<IResult>> answer)
    {
        var submitted = await SubmitAsync(http, change, fingerprint);
        if (submitted.Error is { } why) return Problems.Of(why, submitted.Fields, submitted.Report?.Id.Value);
        var report = submitted.Report!.IsOver ? submitted.Report : await engine.WaitAsync(submitted.Report.Id, EndTimeout, http.RequestAborted);
        if (report is not { IsOver: true }) return await AcceptedAsync(http, submitted.Report);
        await VisibleAsync(report, http.RequestAborted);
        if (report.State.Failure is { } failure) return Problems.Of(failure.Error, operation: report.Id.Value);
        Mark(http, report.Position);
        return await answer(report.State.Started!.Subject);
    }

    /// <summary>
    /// Waits until what an operation has left is in the read model, if it is over: who hears that it is, and then asks for what it made
    /// or deleted, finds that. A read model that is far behind is not waited for longer than any read waits.
    /// </summary>
    public async Task VisibleAsync(OperationReport report, CancellationToken ct)
    {
        if (report.IsOver) await projector.WaitForAsync(report.Position, ReadTimeout, ct);
    }

    /// <summary>One row, as far as the caller may see it.</summary>
    public async Task<TView?> FindAsync<TView>(HttpContext http, string id) where TView : class, IView<TView>
    {
        var reader = new ViewReader<TView>(db.Rows);
        // Perhaps it was made a moment ago: what this process has acknowledged, it shows.
        return await projector.FindAsync(() => reader.FindAsync(id, http.Caller.Project, http.RequestAborted), () => commits.Position, ReadTimeout, http.RequestAborted);
    }

    /// <summary>404, or 410 where the caller may know that it has been.</summary>
    public async Task<IResult> MissingAsync(HttpContext http, string kind, string id)
    {
        var shown = projector.Position;
        return Problems.Of((http.Caller.IsAdmin && ResourceId.IsValid(id, kind) ? await store.ReadAsync(id, 0, http.RequestAborted) : []) is not [.., var last]
            ? new Rejection(RejectionKind.NotFound, $"{kind}.not-found", $"There is no {id}.")
            : last.Position > shown
            ? new Rejection(RejectionKind.Unavailable, "query.not-caught-up", $"{id} has changed, and the read model has come to {shown}, not yet to {last.Position}. Try again.")
            : new Rejection(RejectionKind.Gone, $"{kind}.deleted", $"{id} has been deleted. Its history is still there."));
    }

    /// <summary>Waits for <c>?waitFor=position</c>. Null when there is nothing (more) to wait for.</summary>
    public async Task<IResult?> WaitAsync(HttpContext http)
    {
        if (!http.Request.Query.TryGetValue("waitFor", out var text)) return null;
        if (!long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var position))
            return Problems.Of(new Rejection(RejectionKind.Invalid, "query.bad-position", $"'{text}' is no position. Send what the header {PositionHeader} said."));
        return await projector.WaitForAsync(position, ReadTimeout, http.RequestAborted)
            ? null
            : Problems.Of(new Rejection(RejectionKind.Unavailable, "query.not-caught-up", $"The read model has come to {projector.Position}, not yet to {position}. Try again."));
    }

    /// <summary>202, with the operation to poll. Some are over by then.</summary>
    public async Task<IResult> AcceptedAsync(HttpContext http, OperationReport report)
    {
        await VisibleAsync(report, http.RequestAborted);
        Mark(http, report.Position);
        return TypedResults.Accepted($"/v1/operations/{report.Id}", Operation.OperationBody.Of(report));
    }

    /// <summary>Says how far the log had come.</summary>
    public static void Mark(HttpContext http, long position) =>
        http.Response.Headers[PositionHeader] = position.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A page of a list.</summary>
/// <param name="Next">What to send as <c>after</c> for the next page; none on the last.</param>
/// <param name="Total">The rows of all pages, where <c>total=true</c> asked for it.</param>
public sealed record Page<TRow>(IReadOnlyList<TRow> Items, string? Next, long? Total);
