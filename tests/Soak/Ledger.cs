using System.Collections.Concurrent;
using System.Text.Json;

namespace IaaS.Soak;

/// <summary>The clients' own record of what they asked for and were told.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentQueue<Ask> asks = new();
    private readonly ConcurrentQueue<string> violations = new();
    private int recognised;
    private int gone;

    public IReadOnlyCollection<Ask> Asks => asks;

    /// <summary>What was seen to be wrong while it ran.</summary>
    public IReadOnlyCollection<string> Violations => violations;

    /// <summary>Repeats that were answered with the operation of the first.</summary>
    public int Recognised => recognised;

    /// <summary>Repeats that were answered that the resource is no longer there, and not with the operation of the first.</summary>
    public int Gone => gone;

    public void Add(Ask ask) => asks.Enqueue(ask);

    public void Violation(string what) => violations.Enqueue(what);

    /// <summary>Judges the answer to a request that had been answered before.</summary>
    public void Repeated(Ask ask, Answer again)
    {
        var first = ask.Answer!;
        if (again.Operation is not null && again.Operation == first.Operation) Interlocked.Increment(ref recognised);
        else if (again.IsAcknowledged && again.Status == first.Status && first.Operation is null && IdOf(again) == IdOf(first)) Interlocked.Increment(ref recognised);
        else if (again.Status == 410) Interlocked.Increment(ref gone);
        else Violation($"{ask.Method} {ask.Path} under {ask.Key} was answered {first.Status} {first.Operation ?? first.Code} and, repeated, {again.Status} {again.Text}");
    }

    /// <summary>Writes all of it, a line for each request.</summary>
    public async Task WriteAsync(string file)
    {
        await using var writer = new StreamWriter(file);
        foreach (var a in asks)
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(new
            {
                a.Workflow,
                a.Subject,
                a.Key,
                a.Operation,
                a.Sent,
                a.Seen,
                a.Cancelled,
                a.Answer?.Status,
                a.Answer?.Code,
                a.Answer?.Position,
                request = $"{a.Method} {a.Path}",
                a.Body,
            }, JsonSerializerOptions.Web));
        }
    }

    private static string? IdOf(Answer answer) => answer.Json?.Text("id");
}
