using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Operation;

/// <summary>One row per operation: who asked for what, when, and what came of it.</summary>
/// <param name="Name">Of its workflow, for example <c>vm.create</c>.</param>
/// <param name="State">Running, Undoing, Succeeded or Failed.</param>
/// <param name="Node">The process that runs it, or ran it last.</param>
/// <param name="UpdatedAt">When its state became what it is, or another process took it over. How far it is, the operation itself says.</param>
public sealed record OperationView(
    string Id, string Name, string Subject, string? ProjectId, string State, string Actor, string Node,
    string? ErrorCode, string? ErrorDetail, DateTimeOffset Deadline, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<OperationView>
{
    public static ViewType Type { get; } = new("op", Version: 2,
        [new("project", "project", "projectId")], ProjectField: "projectId", "state", "subject")
    { Plural = "operations", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "op");

    public static OperationView? Apply(OperationView? row, Recorded happened) => (happened.Event, row) switch
    {
        (OperationStarted e, null) => new(happened.Stream, e.Workflow, e.Subject, e.Project, nameof(OperationPhase.Running),
            happened.Origin.Actor, e.Node, null, null, e.Deadline, happened.At, happened.At),
        (OperationResumed e, { } r) => r with { Node = e.Node, UpdatedAt = happened.At },
        (StepFailed e, { } r) => r with { State = nameof(OperationPhase.Undoing), ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        (OperationSucceeded, { } r) => r with { State = nameof(OperationPhase.Succeeded), UpdatedAt = happened.At },
        (OperationFailed e, { } r) => r with { State = nameof(OperationPhase.Failed), ErrorCode = e.Error.Code, ErrorDetail = e.Error.Detail, UpdatedAt = happened.At },
        _ => row,
    };
}
