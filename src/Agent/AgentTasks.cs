using System.Text.Json;
using IaaS.Agent.Contract;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Drivers;

namespace IaaS.Agent;

/// <summary>Carries out each task once for its id, whatever happens to the connection meanwhile.</summary>
public sealed class AgentTasks(HostWorker worker, WishJson wishes, ResultLog results, HostLease lease, CancellationToken stopping)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> running = new(StringComparer.Ordinal);
    private readonly List<Task> begun = [];
    private Action finished = () => { };

    /// <summary>Tasks that have begun and have no result.</summary>
    public IReadOnlyList<string> Running
    {
        get
        {
            lock (gate) return [.. running];
        }
    }

    /// <summary>Whom to tell that there is a new result in the log; one listener, the connection in use.</summary>
    public void Tell(Action listener)
    {
        lock (gate) finished = listener;
    }

    /// <summary>Begins a task, unless it runs already.</summary>
    /// <returns>The outcome JSON of a task that was carried out before; otherwise null.</returns>
    public string? Begin(HostTask task)
    {
        lock (gate)
        {
            if (results.Find(task.Id) is { } known) return known;
            if (!running.Add(task.Id)) return null;
        }

        var carrying = CarryOutAsync(task);
        if (carrying.IsCompleted) return null;
        lock (gate)
        {
            if (begun.Count > 2 * running.Count) begun.RemoveAll(t => t.IsCompleted);
            begun.Add(carrying);
        }

        return null;
    }

    /// <summary>What has begun has ended. To be awaited after the stop, so that the last results are kept.</summary>
    public Task WhenIdleAsync()
    {
        lock (gate) return Task.WhenAll(begun);
    }

    private async Task CarryOutAsync(HostTask task)
    {
        Outcome outcome;
        try
        {
            var wish = wishes.Read(task.Wish, task.WishJson);
            outcome = wish is EnsureRunning { Spec.Leased: true } or EnsureRebooted { Spec.Leased: true } && !lease.Held
                ? Outcome.Fail("host.no-lease", $"{wish.Host} has no lease, and {wish.Subject()} runs only with one.", retry: true)
                : await worker.PerformAsync(wish, CancellationToken.None);
        }
        catch (JsonException e)
        {
            outcome = Outcome.Fail("agent.unknown-wish", $"{e.Message} Update the agent, or give it the plugin that knows it.");
        }

        // What was cut short by the end of this process has no result: it is asked for again.
        if (stopping.IsCancellationRequested && outcome is Outcome.Failed { Retry: true }) return;
        Action tell;
        lock (gate)
        {
            results.Add(task.Id, WishJson.WriteOutcome(outcome));
            running.Remove(task.Id);
            tell = finished;
        }

        tell();
    }
}
