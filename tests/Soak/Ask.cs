namespace IaaS.Soak;

/// <summary>One change that a client asked for, under one idempotency key, and all that it has been told of it.</summary>
/// <param name="Workflow">The operation that it must become.</param>
/// <param name="Subject">The resource that it is about.</param>
internal sealed record Ask(HttpMethod Method, string Path, string? Body, string Workflow, string Subject, string Key)
{
    private Answer? answer;

    /// <summary>The first answer; null while there is none.</summary>
    public Answer? Answer => Volatile.Read(ref answer);

    /// <summary>How often it was sent.</summary>
    public int Sent { get; set; }

    public string? Operation => Answer?.Operation;

    public bool IsAcknowledged => Answer is { IsAcknowledged: true };

    /// <summary>The last state in which its operation was shown.</summary>
    public string? Seen { get; private set; }

    /// <summary>True: it was given up, as an answer said. False: it can only go on.</summary>
    public bool? Cancelled { get; set; }

    /// <summary>About a data volume, which a VM may get or lose.</summary>
    public bool IsVolume => Workflow is "volume.create" or "volume.delete" or "vm.attach-volume" or "vm.detach-volume";

    public bool IsVm => Workflow.StartsWith("vm.", StringComparison.Ordinal);

    /// <returns>False when it was answered before.</returns>
    public bool TryAnswer(Answer first) => Interlocked.CompareExchange(ref answer, first, null) is null;

    /// <summary>Notes a state in which the operation was shown.</summary>
    /// <param name="before">What had been seen when this was asked for.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public string? See(string state, string? before)
    {
        if (before is "Succeeded" or "Failed" && before != state) return $"{Operation} ({Workflow} of {Subject}) was {before} and is {state}";
        if (before is "Undoing" && state is "Running" or "Succeeded") return $"{Operation} ({Workflow} of {Subject}) was being undone and is {state}";
        if (Seen is null or "Running" || state is "Succeeded" or "Failed") Seen = state;
        return null;
    }
}
