using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Operation;

namespace IaaS.Api.Operation;

/// <summary>An operation as clients poll it.</summary>
/// <param name="Name">Of its workflow, for example <c>vm.create</c>.</param>
/// <param name="Subject">The id of the resource that it is about.</param>
/// <param name="State">Running, Undoing, Succeeded or Failed.</param>
/// <param name="Percent">
/// Of the steps that apply, those that are done: 100 when it has succeeded and never before. While it is undone it goes down, and it is
/// 0 when it has failed: nothing of it is left.
/// </param>
/// <param name="Step">At work now, or being undone; none when none is.</param>
/// <param name="Steps">In order, as far as they are known.</param>
/// <param name="HandedOver">Steps that an administrator took over because they did not succeed; none when there are none.</param>
/// <param name="Error">Why it failed or is being undone.</param>
public sealed record OperationBody(
    string Id, string Name, string Subject, string? ProjectId, OperationPhase State, int Percent, string? Step, IReadOnlyList<StepBody> Steps,
    IReadOnlyList<HandedOverBody>? HandedOver, ErrorBody? Error, DateTimeOffset Deadline, long Position)
{
    public static OperationBody Of(OperationReport report, IReadOnlyList<string>? table = null)
    {
        var (state, progress) = (report.State, report.Progress);
        var names = table ?? [.. state.Outputs.Keys];
        return new OperationBody(report.Id.Value, state.Started!.Workflow, state.Started.Subject, state.Started.Project, state.Phase, progress.Percent, progress.Step,
            [.. names.Select(n => new StepBody(n, StateOf(n, state), state.Choices.GetValueOrDefault(n)))],
            state.HandedOver.IsEmpty ? null : [.. state.HandedOver.Select(h => new HandedOverBody(h.Step, h.Reason))],
            state.Failure is { } f ? new ErrorBody(f.Error.Code, f.Error.Detail, f.Step) : null, state.Started.Deadline, report.Position);
    }

    /// <summary>With every step of its workflow, whether it has come to it or not.</summary>
    public static OperationBody Whole(OperationReport report) => Of(report, [.. report.Workflow.Steps.Select(s => s.Name)]);

    private static string StateOf(string step, OperationState state)
    {
        if (state.HandedOver.Exists(h => string.Equals(h.Step, step, StringComparison.Ordinal))) return "HandedOver";
        if (state.Undone.Contains(step)) return "Undone";
        if (string.Equals(state.Failure?.Step, step, StringComparison.Ordinal)) return "Failed";
        return state.Outputs.ContainsKey(step) ? "Done" : "Pending";
    }
}

/// <param name="State">Pending, Done, Failed, Undone or HandedOver.</param>
/// <param name="Choice">What was chosen, for a step that chooses.</param>
public sealed record StepBody(string Name, string State, string? Choice);

/// <param name="Step">The step that failed.</param>
public sealed record ErrorBody(string Code, string Detail, string Step);

/// <summary>A step that was left to an administrator; the operation's events say to whom, and when.</summary>
public sealed record HandedOverBody(string Step, string Reason);

/// <summary>Takes over what a step leaves behind.</summary>
/// <param name="Reason">Why it will not succeed; kept with the record.</param>
/// <param name="Step">Which step is meant; the one that waits, whichever it is, when none is named.</param>
public sealed record HandOverBody(string Reason, string? Step = null);
