using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Token;
using MediatR;

namespace IaaS.Commands.Kernel.Pipeline;

/// <summary>Who calls.</summary>
/// <param name="Actor">The id of the token.</param>
/// <param name="Project">For a member or reader; null for others.</param>
public sealed record Caller(string Actor, Role Role, string? Project)
{
    public bool IsAdmin => Role is Role.Admin;

    /// <summary>An administrator may change everything; a member what is his project's; others nothing.</summary>
    /// <param name="project">Whose it is; null for infrastructure.</param>
    public bool MayChange(string? project) => IsAdmin || (Role is Role.Member && project is not null && string.Equals(project, Project, StringComparison.Ordinal));
}

/// <summary>A change that somebody asks for. It goes through the pipeline: authorise, validate, recognise a repeat; then it is an operation.</summary>
/// <param name="Subject">The id of the resource that it is about.</param>
/// <param name="Project">Whose that is; null for infrastructure.</param>
/// <param name="Input">Of the workflow's input type.</param>
/// <param name="IdempotencyKey">Chosen by the caller; null for none.</param>
/// <param name="Fingerprint">Of the request as it came.</param>
public sealed record Submit(
    Caller Caller, string Workflow, string Subject, string? Project, object Input, string? IdempotencyKey, string Fingerprint)
    : MediatR.IRequest<Submitted>
{
    /// <inheritdoc cref="OperationRequest.SubjectIsNew"/>
    public bool SubjectIsNew { get; init; }

    /// <summary>The same key of the same caller is the same operation, so that a repeat starts nothing.</summary>
    public OperationId? Operation => IdempotencyKey is { } key ? IdempotencyBehavior.OperationOf(Caller.Actor, key) : null;
}

/// <summary>What came of it.</summary>
/// <param name="Report">Of the operation; null when it was refused before one began.</param>
/// <param name="Error">Why it was refused.</param>
/// <param name="Fields">What is wrong with which field, where that is known.</param>
public sealed record Submitted(OperationReport? Report, Rejection? Error = null, IReadOnlyDictionary<string, string[]>? Fields = null)
{
    public static Submitted Refuse(RejectionKind kind, string code, string detail) => new(null, new Rejection(kind, code, detail));
}

/// <summary>Starts the operation.</summary>
public sealed class SubmitHandler(OperationEngine engine, WorkflowCatalog workflows, IIds ids) : IRequestHandler<Submit, Submitted>
{
    public async Task<Submitted> Handle(Submit request, CancellationToken cancellationToken)
    {
        var id = request.Operation ?? OperationId.Of(ids.New(OperationId.Kind));
        var report = await engine.StartAsync(new OperationRequest(
            id, request.Workflow, request.Subject, request.Project, request.Input, request.Caller.Actor, request.Fingerprint)
        { IsNew = request.Operation is null, SubjectIsNew = request.SubjectIsNew });

        if (report.Repeated && !string.Equals(report.State.Started!.Fingerprint, request.Fingerprint, StringComparison.Ordinal))
        {
            return Submitted.Refuse(RejectionKind.Invalid, "idempotency.key-reused",
                $"The idempotency key belongs to {id}, which another request began. Send a new key.");
        }

        // Refused by the first step: nothing has happened, and the caller hears why at once.
        return report is { IsOver: true, State.Failure: { } failure } && string.Equals(failure.Step, workflows[request.Workflow].Steps[0].Name, StringComparison.Ordinal)
            ? new Submitted(report, failure.Error)
            : new Submitted(report);
    }
}
