using IaaS.Domain.Kernel;
using IaaS.Domain.Project;

namespace IaaS.Commands.Project;

/// <summary>Takes a part of a project's quota for one VM.</summary>
public sealed record ReserveQuota(ProjectId Project, string Holder, QuotaUse Use) : ICommand<ProjectState>
{
    string ICommand.Stream => Project.Value;

    public Decision Decide(ProjectState state)
    {
        if (state.RefuseUnlessPresent(Project.Value) is { } refusal) return refusal;
        if (state.Uses.ContainsKey(Holder)) return Decision.Already();
        if (!state.Enabled) return Decision.Reject(RejectionKind.Conflict, "project.disabled", $"{Project} is disabled: it takes nothing new.");
        var after = state.Used + Use;
        return Over("vms", after.Vms, state.Quota.Vms)
            ?? Over("cpus", after.Cpus, state.Quota.Cpus)
            ?? Over("memory", after.Memory.Value, state.Quota.Memory?.Value)
            ?? Over("storage", after.Storage.Value, state.Quota.Storage?.Value)
            ?? Decision.Accept(new QuotaReserved(Holder, Use));
    }

    private Decision? Over(string what, long after, long? limit) => after > limit
        ? Decision.Reject(RejectionKind.QuotaExceeded, "quota.exceeded",
            $"{Project} may have {limit} {what} and would have {after}. Destroy something, or have an administrator raise the quota.")
        : null;
}

public sealed record ReleaseQuota(ProjectId Project, string Holder) : ICommand<ProjectState>
{
    string ICommand.Stream => Project.Value;

    public Decision Decide(ProjectState state) =>
        state.Uses.TryGetValue(Holder, out var use) ? Decision.Accept(new QuotaReleased(Holder, use)) : Decision.Already();
}
