using System.Collections.Immutable;
using IaaS.Domain.Kernel;

namespace IaaS.Domain.Project;

/// <summary>How much a project may have at a time; null is no limit.</summary>
public sealed record Quota(int? Vms, int? Cpus, Bytes? Memory, Bytes? Storage)
{
    public static Quota None { get; } = new(null, null, null, null);
}

/// <summary>What one VM takes of a quota.</summary>
public readonly record struct QuotaUse(int Vms, int Cpus, Bytes Memory, Bytes Storage)
{
    public static QuotaUse operator +(QuotaUse left, QuotaUse right) =>
        new(left.Vms + right.Vms, left.Cpus + right.Cpus, left.Memory + right.Memory, left.Storage + right.Storage);

    public static QuotaUse operator -(QuotaUse left, QuotaUse right) =>
        new(left.Vms - right.Vms, left.Cpus - right.Cpus, left.Memory - right.Memory, left.Storage - right.Storage);
}

[EventName("project.created/1")]
public sealed record ProjectCreated(ProjectId Project, string Name, string? Description, Quota Quota) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

[EventName("project.quota-set/1")]
public sealed record QuotaSet(Quota Quota) : IEvent;

[EventName("project.quota-reserved/1")]
public sealed record QuotaReserved(string Holder, QuotaUse Use) : IEvent;

[EventName("project.quota-released/1")]
public sealed record QuotaReleased(string Holder, QuotaUse Use) : IEvent;

/// <param name="Use">What it takes from now on, in place of what it took.</param>
[EventName("project.quota-use-changed/1")]
public sealed record QuotaUseChanged(string Holder, QuotaUse Before, QuotaUse Use) : IEvent;

public sealed record ProjectState : ResourceState, IState<ProjectState>
{
    public static string Kind => ProjectId.Kind;
    public static ProjectState Empty { get; } = new();
    public static bool GrowsLong => true;

    public Quota Quota { get; init; } = Quota.None;
    public QuotaUse Used { get; init; }
    public ImmutableDictionary<string, QuotaUse> Uses { get; init; } = ImmutableDictionary.Create<string, QuotaUse>(StringComparer.Ordinal);
    public override IEnumerable<string> Holders => Dependents.Keys.Concat(Uses.Keys);

    public static ProjectState Evolve(ProjectState state, IEvent happened) => happened switch
    {
        ProjectCreated e => EvolveResource(state, e) with { Quota = e.Quota },
        QuotaSet e => state with { Quota = e.Quota },
        QuotaReserved e => state with { Uses = state.Uses.SetItem(e.Holder, e.Use), Used = state.Used + e.Use },
        QuotaUseChanged e => state with { Uses = state.Uses.SetItem(e.Holder, e.Use), Used = state.Used - e.Before + e.Use },
        QuotaReleased e => state with { Uses = state.Uses.Remove(e.Holder), Used = state.Used - e.Use },
        _ => EvolveResource(state, happened),
    };
}
