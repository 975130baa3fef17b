using IaaS.Agent.Contract;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Drivers;

namespace IaaS.Agents.Gateway;

/// <summary>One host's tasks: who waits for which, and the line to the agent if there is one.</summary>
internal sealed class AgentDesk(HostId host, AgentGatewayOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Awaited> awaited = new(StringComparer.Ordinal);
    private AgentLine? line;

    public bool Connected => Volatile.Read(ref line) is not null;

    public static Outcome NotConnected(HostId host) =>
        Outcome.Fail("host.not-connected", $"The agent of {host} is not connected.", retry: true);

    public async Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct)
    {
        Awaited one;
        lock (gate)
        {
            if (!awaited.TryGetValue(task, out one!))
            {
                if (line is null) return NotConnected(host);
                if (awaited.Count >= options.TasksPerHost) return Busy();
                one = new Awaited(Message(task, wish));
                if (!line.TrySend(one.Message)) return Busy();
                awaited[task] = one;
            }

            one.Waiters++;
        }

        try
        {
            return await one.Answer.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Connected
                ? Outcome.Fail("host.no-answer", $"{host} has not answered task {task} in time.", retry: true)
                : NotConnected(host);
        }
        finally
        {
            lock (gate)
            {
                // Nobody waits any more: it must not be sent again when the agent comes back, for it may have been taken back by then.
                if (--one.Waiters == 0 && awaited.GetValueOrDefault(task) == one) awaited.Remove(task);
            }
        }
    }

    /// <summary>Takes a new line into use, ends the one before, and sends what is awaited and has not begun.</summary>
    public void Connect(AgentLine opened, IReadOnlyCollection<string> running)
    {
        lock (gate)
        {
            line?.End("the agent connected anew");
            line = opened;
            foreach (var (task, one) in awaited)
            {
                if (!running.Contains(task)) opened.TrySend(one.Message);
            }
        }
    }

    /// <summary>True when it was the line in use, and not one that a newer line has replaced.</summary>
    public bool Disconnect(AgentLine closed)
    {
        lock (gate)
        {
            if (line != closed) return false;
            line = null;
            return true;
        }
    }

    public void Answered(string task, Outcome outcome)
    {
        Awaited? one;
        lock (gate) awaited.Remove(task, out one);
        one?.Answer.TrySetResult(outcome);
    }

    private static ToAgent Message(string task, Wish wish)
    {
        var (type, json) = WishJson.Write(wish);
        return new ToAgent { Task = new HostTask { Id = task, Wish = type, WishJson = json } };
    }

    private Outcome Busy() => Outcome.Fail("host.busy", $"{host} has {awaited.Count} tasks to answer already.", retry: true);

    private sealed class Awaited(ToAgent message)
    {
        public ToAgent Message { get; } = message;
        public int Waiters { get; set; }
        public TaskCompletionSource<Outcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
