using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Operation;

namespace IaaS.Simulation;

/// <content>What clients do.</content>
public sealed partial class SimMachine
{
    private static readonly TimeSpan[] Polls = [TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(80), TimeSpan.FromSeconds(1)];

    private bool resuming;

    /// <summary>A client asks, and asks again with the same id when it hears nothing, as a careful client does; one whose request has a new id does not.</summary>
    public void Ask(OperationRequest request, int attempts = 4)
    {
        clients.Start(() => AskAsync(request, request.IsNew ? 1 : attempts));
        if (resuming) return;
        resuming = true;
        clients.Start(ResumeAsync);
    }

    /// <summary>What a process does every few seconds: it takes over what nobody runs, for as long as there is any.</summary>
    private async Task ResumeAsync()
    {
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(20), clients.Time);
            if (Ledger.Open.Count > 0) Resume();
        }
        while (Ledger.Open.Count > 0);
        resuming = false;
    }

    private async Task AskAsync(OperationRequest request, int attempts)
    {
        if (!asked.Add(request.Id.Value) && mutant is not null) request = mutant.Repeat(request);
        for (var attempt = 1; attempt <= attempts; attempt++)
        {
            var process = Process;
            Note($"ask {request.Id} {request.Workflow} {request.Subject}{(attempt > 1 ? " again" : "")}");
            var answer = process.Lane.Ask(() => process.Engine.StartAsync(request));
            if (await Task.WhenAny(answer, process.Crashed) == answer)
            {
                try
                {
                    var report = await answer;
                    Acknowledged[request.Id.Value] = report;
                    Note($"told {request.Id} {report.State.Phase}{(report.Repeated ? " (repeated)" : "")}");
                    Check(request.Id, report);
                    await PollAsync(request.Id);
                    return;
                }
                catch (Commands.Kernel.StoreUnavailableException)
                {
                    Note($"told {request.Id} that the store is away");
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(5), clients.Time);
        }
    }

    /// <summary>And looks now and then what becomes of it.</summary>
    private async Task PollAsync(OperationId id)
    {
        foreach (var pause in Polls)
        {
            await Task.Delay(pause, clients.Time);
            var process = Process;
            var answer = process.Lane.Ask(() => process.Engine.ReadAsync(id));
            if (await Task.WhenAny(answer, process.Crashed) != answer) continue;
            try
            {
                if (await answer is { } report) Check(id, report);
            }
            catch (Commands.Kernel.StoreUnavailableException)
            {
                Note($"told {id} that the store is away");
            }
        }
    }

    /// <summary>What is told of an end is on record.</summary>
    private void Check(OperationId id, OperationReport report)
    {
        if (report.IsOver && Ledger.Operations[id.Value].Phase != report.State.Phase) Ledger.Violations.Add($"{id} was told to be {report.State.Phase}, and the log says {Ledger.Operations[id.Value].Phase}");
    }

    /// <summary>A client gives an operation up, and asks no further what became of that.</summary>
    public void Cancel(OperationId operation) => clients.Start(async () =>
    {
        var process = Process;
        var answer = process.Lane.Ask(() => process.Engine.CancelAsync(operation, "token-2"));
        if (await Task.WhenAny(answer, process.Crashed) != answer) return;
        try
        {
            Note($"gave up {operation}: {(await answer)?.Code ?? "undone"}");
        }
        catch (Commands.Kernel.StoreUnavailableException)
        {
            Note($"gave up {operation}: the store is away");
        }
    });
}
