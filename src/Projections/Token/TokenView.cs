using IaaS.Domain.Kernel;
using IaaS.Domain.Token;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Token;

/// <summary>One row per token: who may come in, and as whom. The hash is of a secret that is kept nowhere.</summary>
public sealed record TokenView(
    string Id, string Name, string Hash, Role Role, string? ProjectId, string? ClusterId, string? UsedBy, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt) : IView<TokenView>
{
    public static ViewType Type { get; } = new("token", Version: 2,
        [new("project", "project", "projectId"), new("cluster", "cluster", "clusterId")])
    { Plural = "tokens", Hidden = ["hash"] };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "token");

    public static TokenView? Apply(TokenView? row, Recorded happened) => (happened.Event, row) switch
    {
        (TokenCreated e, null) => new(happened.Stream, e.Name, e.Hash, e.Role, e.Project?.Value, e.Cluster?.Value, null, [], happened.At),
        (TokenUsed e, { } r) => r with { UsedBy = e.By },
        (ResourceRenamed e, { } r) => r with { Name = e.Name },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag) },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag) },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
