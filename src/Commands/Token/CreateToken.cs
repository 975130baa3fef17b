using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Token;

namespace IaaS.Commands.Token;

/// <summary>Lets the bearer of a secret in. The command carries the secret's hash; the secret itself is nowhere in the log.</summary>
public sealed record CreateToken(TokenId Token, string Name, string? Description, string Hash, Role Role, ProjectId? Project, ClusterId? Cluster)
    : ICommand<TokenState>, ICreateResource
{
    string ICommand.Stream => Token.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => ((IResourceCreated)Created).Parents;

    private TokenCreated Created => new(Token, Name, Hash, Role, Project, Cluster);

    public Decision Decide(TokenState state) => state.DecideCreate(Token.Value, Created);

    public sealed class Validator : AbstractValidator<CreateToken>
    {
        public Validator()
        {
            RuleFor(c => c.Token.Value).AnId(TokenId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            // An id of no kind has no stream that could refuse it, nor one to undo on.
            RuleFor(c => c.Project!.Value.Value).AnId(ProjectId.Kind).When(c => c.Project is not null).OverridePropertyName("ProjectId");
            RuleFor(c => c.Cluster!.Value.Value).AnId(ClusterId.Kind).When(c => c.Cluster is not null).OverridePropertyName("ClusterId");
            RuleFor(c => c.Project).Must((c, p) => p is not null == c.Role is Role.Member or Role.Reader)
                .WithMessage("A member's or reader's token has a projectId; others have none.");
            RuleFor(c => c.Cluster).Must((c, p) => p is not null == c.Role is Role.Agent)
                .WithMessage("An agent's token has the clusterId that its host will join; others have none.");
        }
    }
}

public sealed class CreateTokenWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateToken>(TokenId.Kind);
}

/// <summary>Uses up a token that is for one use.</summary>
public sealed record UseToken(TokenId Token, string By) : ICommand<TokenState>
{
    string ICommand.Stream => Token.Value;

    public Decision Decide(TokenState state)
    {
        if (state.RefuseUnlessPresent(Token.Value) is { } refusal) return refusal;
        if (state.UsedBy is null) return Decision.Accept(new TokenUsed(By));
        return string.Equals(state.UsedBy, By, StringComparison.Ordinal)
            ? Decision.Already()
            : Decision.Reject(RejectionKind.Conflict, "token.used", $"{Token} has been used by {state.UsedBy}. Ask an administrator for another.");
    }
}
