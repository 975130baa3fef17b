using IaaS.Domain.Operation;

namespace IaaS.Domain.Kernel;

/// <summary>How far an operation has come, as a person reads it.</summary>
/// <param name="Percent">
/// Of the steps that apply, those that are done; 100 when it has succeeded and never before. While it is undone it goes down with each
/// step that is taken back, and it is 0 when it has failed: nothing of it is left.
/// </param>
/// <param name="Step">At work now, or being undone; null when none is.</param>
public sealed record Progress(int Percent, string? Step)
{
    /// <summary>Of an operation that is over.</summary>
    public static Progress AtEnd(OperationPhase phase) => new(phase is OperationPhase.Succeeded ? 100 : 0, Step: null);
}

public static class WorkflowProgress
{
    private const int Most = 99;

    extension(IWorkflow workflow)
    {
        /// <summary>A function of the operation's state alone, so that a watcher of the log says the same as the process that runs it.</summary>
        public Progress ProgressOf(OperationId operation, object input, OperationState state)
        {
            if (state.Phase is not (OperationPhase.Running or OperationPhase.Undoing)) return Progress.AtEnd(state.Phase);
            var (done, total, atWork) = workflow.Count(operation, input, state);
            var percent = Math.Min(Most, 100 * done / Math.Max(1, total));
            if (state.Failure is not { } failure) return new(percent, atWork);
            var (left, all) = workflow.CountUndos(state, failure.UndoFrom);
            var undoing = workflow.Next(operation, input, state) is Next.Undo(var step) ? workflow.Steps[step].Name : null;
            return new(all == 0 ? 0 : percent * left / all, undoing);
        }

        private (int Done, int Total, string? AtWork) Count(OperationId operation, object input, OperationState state)
        {
            var (done, total, known) = (0, 0, true);
            string? atWork = null;
            for (var i = 0; i < workflow.Steps.Count; i++)
            {
                var shape = workflow.Steps[i];
                var isDone = state.Outputs.ContainsKey(shape.Name);
                // Whether a step applies is read off outputs that are recorded for it; while one of them lacks, it is taken to apply.
                if (!known || workflow.Applies(operation, input, state, i))
                {
                    total++;
                    if (isDone) done++;
                    else atWork ??= shape.Name;
                }

                known &= isDone || !shape.Recorded;
            }

            return (done, total, atWork);
        }

        private (int Left, int All) CountUndos(OperationState state, string from)
        {
            var (left, all) = (0, 0);
            foreach (var shape in workflow.Steps)
            {
                // What was never chosen is not undone.
                if (shape.CanUndo && (shape.Kind is not StepKind.Choice || state.Choices.ContainsKey(shape.Name)))
                {
                    all++;
                    if (!state.Undone.Contains(shape.Name)) left++;
                }

                if (string.Equals(shape.Name, from, StringComparison.Ordinal)) break;
            }

            return (left, all);
        }
    }
}
