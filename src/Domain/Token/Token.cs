using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;

namespace IaaS.Domain.Token;

/// <summary>What a token lets its bearer do.</summary>
public enum Role
{
    /// <summary>Everything.</summary>
    Admin,

    /// <summary>Reads and changes what is its project's, and reads what projects share.</summary>
    Member,

    /// <summary>Reads what is its project's and what projects share.</summary>
    Reader,

    /// <summary>Enrols one agent, once.</summary>
    Agent,
}

/// <param name="Hash">SHA-256 of the secret, hexadecimal. The secret itself is told once and kept nowhere.</param>
/// <param name="Project">For a member or reader.</param>
/// <param name="Cluster">For an agent: where its host goes.</param>
[EventName("token.created/1")]
public sealed record TokenCreated(TokenId Token, string Name, string Hash, Role Role, ProjectId? Project, ClusterId? Cluster) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents =>
        [.. Project is { } project ? new[] { project.Value } : [], .. Cluster is { } cluster ? new[] { cluster.Value } : []];
}

/// <summary>A token for one use has been used.</summary>
[EventName("token.used/1")]
public sealed record TokenUsed(string By) : IEvent;

public sealed record TokenState : ResourceState, IState<TokenState>
{
    public static string Kind => TokenId.Kind;
    public static TokenState Empty { get; } = new();
    public Role Role { get; init; }
    public string? UsedBy { get; init; }

    public static TokenState Evolve(TokenState state, IEvent happened) => happened switch
    {
        TokenCreated e => EvolveResource(state, e) with { Role = e.Role },
        TokenUsed e => state with { UsedBy = e.By },
        _ => EvolveResource(state, happened),
    };
}
