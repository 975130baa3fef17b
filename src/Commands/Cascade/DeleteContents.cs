using System.Globalization;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Cascade;

/// <summary>Asks that nothing stands on a resource any more.</summary>
public sealed record DeleteContents(string Root) : IRequest;

/// <summary>
/// Deletes what stands on a resource: again and again that on which nothing stands itself, some at a time, until there is nothing. What is
/// busy is asked again; what goes by another's doing is welcome.
/// </summary>
public sealed class ContentsDeleter(IEnumerable<ICascade> kinds, IDependents dependents, ChildOperations children, TimeProvider time) : IPerformer<DeleteContents>
{
    private const int AtOnce = 8;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, ICascade> kinds = kinds.ToDictionary(k => k.Kind, StringComparer.Ordinal);

    public async Task<Performed> PerformAsync(DeleteContents request, Origin origin, CancellationToken ct)
    {
        var pause = TimeSpan.FromSeconds(1);
        Dictionary<string, Rejection> stayed = new(StringComparer.Ordinal);
        for (var round = 1; ; round++)
        {
            var plan = await CascadePlan.OfAsync(request.Root, dependents, ct);
            if (plan.Order.Count == 0) return new Performed("", Error: null, Retry: false);
            if (plan.Order.FirstOrDefault(d => stayed.ContainsKey(d.Id)) is { } stuck)
                return new Performed("", Why(request.Root, plan, stuck, stayed[stuck.Id]), Retry: false);

            var busy = false;
            foreach (var some in plan.Ready.Chunk(AtOnce))
            {
                var errors = await Task.WhenAll(some.Select(d => DeleteAsync(d, round, origin, ct)));
                foreach (var (dependent, error) in some.Zip(errors))
                {
                    if (error is null) continue;
                    if (IsBusy(error)) busy = true;
                    else stayed[dependent.Id] = error;
                }
            }

            if (!busy) continue;
            await Task.Delay(pause, time, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>Null when it has gone.</returns>
    private async Task<Rejection?> DeleteAsync(Dependent dependent, int round, Origin origin, CancellationToken ct)
    {
        foreach (var step in kinds[dependent.Kind].Delete(dependent))
        {
            var part = string.Create(CultureInfo.InvariantCulture, $"{dependent.Id}/{round}/{step.Workflow}");
            var report = await children.RunAsync(origin, part, step.Workflow, step.Subject, step.Input, ct);
            if (report.State.Failure is { Error: var error }) return error;
        }

        return null;
    }

    private static bool IsBusy(Rejection error) => error.Code.EndsWith(".busy", StringComparison.Ordinal);

    private static Rejection Why(string root, CascadePlan plan, Dependent stuck, Rejection error) => error with
    {
        Detail = $"{stuck.Id} cannot be deleted: {error.Detail} {plan.Order.Count} resources that stand on {root} are left; what has been deleted stays so.",
    };
}
