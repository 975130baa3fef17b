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
        return Limits.Refuse(Project, state.Quota, default, state.Used, Use) ?? Decision.Accept(new QuotaReserved(Holder, Use));
    }
}

/// <summary>Changes what a holder takes.</summary>
/// <param name="Back">An undo: what was taken before is taken again, whatever the limits are now.</param>
public sealed record ChangeQuotaUse(ProjectId Project, string Holder, QuotaUse Use, bool Back = false) : ICommand<ProjectState>
{
    string ICommand.Stream => Project.Value;

    public Decision Decide(ProjectState state)
    {
        // Where there is nothing to bring back, nothing was changed.
        if (!state.Uses.TryGetValue(Holder, out var before)) return Back ? Decision.Already() : Decision.Reject(RejectionKind.Conflict, "quota.not-held", $"{Holder} holds nothing of {Project}.");
        if (before == Use) return Decision.Already();
        return (Back ? null : Limits.Refuse(Project, state.Quota, before, state.Used - before, Use)) ?? Decision.Accept(new QuotaUseChanged(Holder, before, Use));
    }
}

internal static class Limits
{
    /// <summary>Null where what is asked for fits, or is no more than it was.</summary>
    public static Decision? Refuse(ProjectId project, Quota quota, QuotaUse before, QuotaUse others, QuotaUse use)
    {
        var after = others + use;
        return Over(project, "vms", after.Vms, quota.Vms, use.Vms > before.Vms)
            ?? Over(project, "cpus", after.Cpus, quota.Cpus, use.Cpus > before.Cpus)
            ?? Over(project, "memory", after.Memory.Value, quota.Memory?.Value, use.Memory > before.Memory)
            ?? Over(project, "storage", after.Storage.Value, quota.Storage?.Value, use.Storage > before.Storage);
    }

    private static Decision? Over(ProjectId project, string what, long after, long? limit, bool more) => more && after > limit
        ? Decision.Reject(RejectionKind.QuotaExceeded, "quota.exceeded",
            $"{project} may have {limit} {what} and would have {after}. Destroy something, or have an administrator raise the quota.")
        : null;
}

public sealed record ReleaseQuota(ProjectId Project, string Holder) : ICommand<ProjectState>
{
    string ICommand.Stream => Project.Value;

    public Decision Decide(ProjectState state) =>
        state.Uses.TryGetValue(Holder, out var use) ? Decision.Accept(new QuotaReleased(Holder, use)) : Decision.Already();
}
