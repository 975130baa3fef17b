using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Project;

/// <summary>One row per project: its limits and what it uses of them.</summary>
public sealed record ProjectView(
    string Id, string Name, string? Description, bool Enabled, Quota Quota, int UsedVms, int UsedCpus, Bytes UsedMemory, Bytes UsedStorage,
    IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<ProjectView>
{
    public static ViewType Type { get; } = new("project", Version: 3, [], ProjectField: "id") { Plural = "projects", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "project");

    public static ProjectView? Apply(ProjectView? row, Recorded happened) => (happened.Event, row) switch
    {
        (ProjectCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true, e.Quota, 0, 0, Bytes.Zero, Bytes.Zero, [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (QuotaSet e, { } r) => r with { Quota = e.Quota, UpdatedAt = happened.At },
        (QuotaReserved e, { } r) => Used(r, new QuotaUse(r.UsedVms, r.UsedCpus, r.UsedMemory, r.UsedStorage) + e.Use),
        (QuotaUseChanged e, { } r) => Used(r, new QuotaUse(r.UsedVms, r.UsedCpus, r.UsedMemory, r.UsedStorage) - e.Before + e.Use),
        (QuotaReleased e, { } r) => Used(r, new QuotaUse(r.UsedVms, r.UsedCpus, r.UsedMemory, r.UsedStorage) - e.Use),
        (ResourceDeleted, _) => null,
        _ => row,
    };

    private static ProjectView Used(ProjectView row, QuotaUse use) =>
        row with { UsedVms = use.Vms, UsedCpus = use.Cpus, UsedMemory = use.Memory, UsedStorage = use.Storage };
}
