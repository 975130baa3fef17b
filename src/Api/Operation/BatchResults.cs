using System.Globalization;
using IaaS.Api.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Projections.Kernel;
using IaaS.Projections.Operation;
using IaaS.Projections.Query;
using Npgsql;

namespace IaaS.Api.Operation;

/// <summary>What became of one of many.</summary>
/// <param name="Operation">That makes it, or will: <c>GET /v1/operations/{id}</c> tells of it once it has begun.</param>
/// <param name="State">Waiting, while it has not begun; then that of its operation: Running, Undoing, Succeeded or Failed.</param>
/// <param name="ErrorCode">Why it failed or is being undone; so too <paramref name="ErrorDetail"/>.</param>
public sealed record ResultBody(string Vm, string Name, string Operation, string State, string? ErrorCode, string? ErrorDetail);

/// <param name="Running">Those that are being undone included.</param>
/// <param name="Waiting">Those that have not begun. Once the whole is over they never will.</param>
public sealed record ResultSummary(int Total, int Succeeded, int Failed, int Running, int Waiting);

/// <param name="Summary">Of all, on every page.</param>
/// <param name="Items">In the order of their numbers.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; none on the last.</param>
public sealed record ResultsBody(ResultSummary Summary, IReadOnlyList<ResultBody> Items, string? Next);

/// <summary>The parts of an operation that makes many, as the read side has them.</summary>
public sealed class BatchResults(NpgsqlDataSource db, Projector projector)
{
    private const int DefaultLimit = 100;
    private const string Waiting = nameof(Waiting);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    /// <param name="report">Of the whole, which the caller may see.</param>
    public async Task<IResult> ReadAsync(HttpContext http, OperationReport report)
    {
        if (report.State.Started!.Workflow is not CreateVmsWorkflow.Name)
            return Problems.Of(new Rejection(RejectionKind.NotFound, "operation.no-results", $"{report.Id} is {report.State.Started.Workflow} and makes one thing. Only {CreateVmsWorkflow.Name} has results."));
        if (!Events.TryNumber(http, "after", 0, VmBatch.Most, 0, out var after, out var problem)) return problem!;
        if (!Events.TryNumber(http, "limit", 1, VmBatch.Most, DefaultLimit, out var limit, out problem)) return problem!;
        // All that it waited for has ended before it did: no reader may see less.
        if (report.IsOver && !await projector.WaitForAsync(report.Position, ReadTimeout, http.RequestAborted))
            return Problems.Of(new Rejection(RejectionKind.Unavailable, "query.not-caught-up", $"The read model has come to {projector.Position}, not yet to {report.Position}. Try again."));

        ApiHost.Mark(http, projector.Position);
        var results = await ResultsAsync(report.Id, (VmBatch)report.Input(), http.RequestAborted);
        var last = (int)Math.Min(after + limit, results.Count);
        return TypedResults.Ok(new ResultsBody(Sum(results), [.. results.Take(last).Skip((int)after)], last < results.Count ? last.ToString(CultureInfo.InvariantCulture) : null));
    }

    private async Task<List<ResultBody>> ResultsAsync(OperationId whole, VmBatch batch, CancellationToken ct)
    {
        var ids = Enumerable.Range(1, batch.Count).Select(n => batch.OperationAt(whole, n).Value).ToList();
        var rows = (await new ViewReader<OperationView>(db).FindAllAsync(ids, ct)).ToDictionary(o => o.Id, StringComparer.Ordinal);
        return
        [
            .. ids.Select((id, i) => rows.GetValueOrDefault(id) is { } row
                ? new ResultBody(row.Subject, batch.NameAt(i + 1), id, row.State, row.ErrorCode, row.ErrorDetail)
                : new ResultBody(batch.VmAt(i + 1).Value, batch.NameAt(i + 1), id, Waiting, null, null)),
        ];
    }

    private static ResultSummary Sum(List<ResultBody> results)
    {
        var states = results.CountBy(r => r.State).ToDictionary(StringComparer.Ordinal);
        return new ResultSummary(results.Count, Of(nameof(OperationPhase.Succeeded)), Of(nameof(OperationPhase.Failed)),
            Of(nameof(OperationPhase.Running)) + Of(nameof(OperationPhase.Undoing)), Of(Waiting));

        int Of(string state) => states.GetValueOrDefault(state);
    }
}
