using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>What came of a request.</summary>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="Retry">True when the same request may succeed later.</param>
/// <param name="Position">In the log, of the last event that it led to; 0 for none.</param>
public sealed record Performed(string Output, Rejection? Error, bool Retry, long Position = 0);

/// <summary>Carries out what steps ask for, whatever it is.</summary>
public sealed class RequestPerformer(IStreams streams, IDrivers drivers, IEnumerable<IChooser> choosers, IEnumerable<IPerformer> performers)
{
    private readonly FrozenDictionary<Type, IChooser> choosers = choosers.ToFrozenDictionary(c => c.RequestType);
    private readonly FrozenDictionary<Type, IPerformer> performers = performers.ToFrozenDictionary(p => p.RequestType);

    /// <param name="request">A command, a wish, several of them, or what an <see cref="IPerformer"/> carries out.</param>
    /// <param name="task">Names the request to drivers: the same name is the same request. Empty for commands, which no driver sees.</param>
    /// <param name="origin">For the events that it leads to.</param>
    /// <param name="ahead">For commands: of the operation, where it does not wait until they are durable.</param>
    /// <param name="ct">Ends the waiting for drivers.</param>
    public Task<Performed> PerformAsync(IRequest request, string task, Origin origin, CommitDependencies? ahead, CancellationToken ct) => request switch
    {
        ICommand command => SendAsync(command, origin, ahead),
        Wish wish => WishAsync(wish, task, ct),
        AllOf { Requests: [var only] } => PerformAsync(only, task, origin, ahead, ct),
        AllOf all => AllAsync(all, task, origin, ahead, ct),
        _ when performers.TryGetValue(request.GetType(), out var performer) => performer.PerformAsync(request, origin, ct),
        _ => throw new InvalidOperationException($"No one performs a {request.GetType().Name}."),
    };

    public Choice Choose(IRequest request, IReadOnlySet<string> refused) => choosers.TryGetValue(request.GetType(), out var chooser)
        ? chooser.Choose(request, refused)
        : throw new InvalidOperationException($"No one chooses for a {request.GetType().Name}.");

    private async Task<Performed> SendAsync(ICommand command, Origin origin, CommitDependencies? ahead)
    {
        var reply = await streams.SendAsync(command, origin, ahead);
        return reply.Decision switch
        {
            Decision.Accepted accepted => new Performed(accepted.Output, Error: null, Retry: false, reply.Position),
            Decision.Rejected { Reason: var why } => new Performed("", why, Retry: why.Kind is RejectionKind.Unavailable, reply.Position),
            _ => throw new InvalidOperationException("A decision is accepted or rejected."),
        };
    }

    private async Task<Performed> WishAsync(Wish wish, string task, CancellationToken ct) => await drivers.PerformAsync(task, wish, ct) switch
    {
        Outcome.Done done => new Performed(done.Output, Error: null, Retry: false),
        Outcome.Failed failed => new Performed("", failed.Error, failed.Retry),
        _ => throw new InvalidOperationException("An outcome is done or failed."),
    };

    private async Task<Performed> AllAsync(AllOf all, string task, Origin origin, CommitDependencies? ahead, CancellationToken ct)
    {
        // Where one of them is refused all are asked again, and then a change of that sort is not asked for for the first time.
        var answers = await Task.WhenAll(all.Requests.Select((r, i) =>
            PerformAsync(r, task.Length == 0 ? task : string.Create(CultureInfo.InvariantCulture, $"{task}.{i}"), origin, r is IOneOff ? null : ahead, ct)));
        // Another's lack of capacity can be cured by another choice; any other failure cannot, so it is the one to tell.
        var failed = answers.Where(a => a.Error is not null).OrderBy(a => a.Error!.Kind is RejectionKind.NoCapacity).FirstOrDefault();
        var position = answers.Length == 0 ? 0 : answers.Max(a => a.Position);
        return failed is not null
            ? failed with { Position = position }
            : new Performed(JsonSerializer.Serialize(answers.Select(a => a.Output)), Error: null, Retry: false, position);
    }
}
