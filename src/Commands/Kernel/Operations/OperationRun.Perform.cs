using System.Globalization;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>How it asks for what a step wants.</summary>
internal sealed partial class OperationRun
{
    private async Task<Performed> PerformAsync(Func<IRequest> request, string direction, int attempt, StepShape shape, TimeSpan limit)
    {
        try
        {
            lastAsked = null;
            var asked = lastAsked = request();
            var origin = new Origin(actor, id.Value, shape.Name);
            var performed = shape.Kind is not StepKind.Wish && IsCommand(asked)
                ? await SendAsync(asked, origin)
                : await PerformWithinAsync(asked, TaskName(shape, direction, attempt), origin, shape, limit);
            journal.Reached(performed.Position);
            return performed;
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            LogBug(log, e, id.Value, shape.Name);
            return new Performed("", new Rejection(RejectionKind.Unavailable, "internal.error",
                $"Step {shape.Name} hit a fault of the control plane ({e.GetType().Name}); its log has the details under {id}."), Retry: false);
        }
    }

    private Task<Performed> SendAsync(IRequest asked, Origin origin)
    {
        var answer = performer.PerformAsync(asked, "", origin, MayRunAhead(asked) ? journal.Ahead : null, CancellationToken.None);
        if (!answer.IsCompleted) LetGo();
        return answer;
    }

    /// <summary>While an answer takes its time, what is known so far is recorded for those who watch. Commands answer soon: nobody gives them up.</summary>
    private async Task<Performed> PerformWithinAsync(IRequest asked, string task, Origin origin, StepShape shape, TimeSpan limit)
    {
        // Nothing of the world outside the log rests on what may not be in it after a crash.
        await SettleAsync();
        using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        // An undo goes on, and so does what must succeed.
        using var givenUp = State.Failure is null && !shape.MustSucceed && shape.Kind is StepKind.Wish
            ? interruptions.Cancelled.Register(deadline.Cancel)
            : default;
        using var takenOver = handOvers.Interrupted.Register(deadline.Cancel);
        try
        {
            var answer = performer.PerformAsync(asked, task, origin, ahead: null, deadline.Token);
            // What was chosen is done by a command, or by a host, which may never answer.
            if (!answer.IsCompleted && (shape.Kind is StepKind.Wish || asked is Wish))
            {
                deadline.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(1));
                journal.Record();
            }

            return await turn.WaitAsync(answer);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new Performed("", WhyGivesUp(shape), Retry: false);
        }
    }

    /// <summary>
    /// An id that somebody chose may be taken, and the owner of the stream finds out when it appends. All that was decided meanwhile, other
    /// operations' too, would have to be decided again.
    /// </summary>
    private bool MayRunAhead(IRequest asked) => runsAhead && (asked is not IBegin begun || subjectIsNew || !string.Equals(begun.Stream, State.Started!.Subject, StringComparison.Ordinal));

    private static bool IsCommand(IRequest asked) => asked is ICommand || (asked is AllOf all && all.Requests.All(IsCommand));

    /// <summary>Names a request to drivers. They answer a name once for all, so a further attempt has a name of its own.</summary>
    private string TaskName(StepShape shape, string direction, int attempt) =>
        attempt == 1 ? $"{id}/{shape.Name}{direction}" : string.Create(CultureInfo.InvariantCulture, $"{id}/{shape.Name}{direction}/{attempt}");
}
