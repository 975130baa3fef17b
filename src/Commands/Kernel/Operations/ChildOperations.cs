using System.Security.Cryptography;
using System.Text;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>
/// Runs operations as parts of another. Each has its own record, end and undo, and can be watched and cancelled by itself. Asked for
/// again by its parent, after a crash for example, the same part is the same operation.
/// </summary>
/// <param name="engine">Given late: the engine performs what asks for these.</param>
/// <param name="store">Where it is read whose a subject is.</param>
/// <param name="time">For the waiting.</param>
public sealed class ChildOperations(Func<OperationEngine> engine, IEventStore store, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>Starts a part, unless that has been done, and waits for its end.</summary>
    /// <param name="parent">Whose part it is.</param>
    /// <param name="part">Names it among the parts of its parent.</param>
    /// <param name="workflow">What it does.</param>
    /// <param name="subject">To what.</param>
    /// <param name="input">Of the workflow's input type.</param>
    /// <param name="ct">Ends the waiting; the part goes on to its own end.</param>
    public async Task<OperationReport> RunAsync(Origin parent, string part, string workflow, string subject, object input, CancellationToken ct) =>
        await RunAsync(parent, part, workflow, subject, input, await OwnerOfAsync(subject, ct), subjectIsNew: false, ct);

    /// <inheritdoc cref="RunAsync(Origin, string, string, string, object, CancellationToken)"/>
    /// <param name="project">Whose the subject is, or will be; null for infrastructure. It is not read.</param>
    /// <param name="subjectIsNew">True when its id was made for its parent, so that nothing can have it.</param>
    public async Task<OperationReport> RunAsync(Origin parent, string part, string workflow, string subject, object input, string? project, bool subjectIsNew, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(parent);
        var id = IdOf(parent.Correlation, part);
        var report = await engine().StartAsync(new OperationRequest(id, workflow, subject, project, input, parent.Actor, Fingerprint: "") { Cause = parent.Correlation, SubjectIsNew = subjectIsNew });
        while (!report.IsOver)
        {
            ct.ThrowIfCancellationRequested();
            report = await engine().WaitAsync(id, ct) ?? report;
            // One that this process does not run is about to be taken over.
            if (!report.IsOver) await Task.Delay(LookAgain, time, ct);
        }

        return report;
    }

    /// <summary>The operation that is a part of another. Its name begins with its parent's, so that a family is seen.</summary>
    public static OperationId IdOf(string parent, string part)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{parent}/{part}")))[..12];
        var id = $"{parent}-{hash}";
        return OperationId.Of(id.Length <= ResourceId.MaxLength ? id : $"{OperationId.Kind}-{hash}");
    }

    private async Task<string?> OwnerOfAsync(string subject, CancellationToken ct)
    {
        try
        {
            return (await store.ReadAsync(subject, 0, ct)).Select(e => e.Event).OfType<IOwned>().FirstOrDefault()?.Project.Value;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }
}
