using IaaS.Api.Kernel;
using IaaS.Commands.Token;
using IaaS.Domain.Cluster;
using IaaS.Domain.Project;
using IaaS.Domain.Token;
using IaaS.Projections.Token;

namespace IaaS.Api.Token;

/// <param name="Role">Admin, Member, Reader, or Agent for one enrolment.</param>
/// <param name="ProjectId">For a member or reader.</param>
/// <param name="ClusterId">For an agent: where its host goes.</param>
public sealed record CreateTokenBody(
    string Name, Role Role, string? ProjectId = null, string? ClusterId = null, string? Id = null, string? Description = null);

/// <param name="Secret">Told this once; kept nowhere.</param>
public sealed record NewTokenBody(string Id, string Name, Role Role, string? ProjectId, string? ClusterId, string Secret);

/// <summary>A token as it is shown: without a trace of its secret.</summary>
public sealed record TokenBody(string Id, string Name, Role Role, string? ProjectId, string? ClusterId, string? UsedBy, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt)
{
    public static TokenBody Of(TokenView row) => new(row.Id, row.Name, row.Role, row.ProjectId, row.ClusterId, row.UsedBy, row.Tags, row.CreatedAt);
}

public sealed class TokenEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<TokenView>("tokens", TokenBody.Of);
        var group = api.Map(app);
        api.MapDelete(group);
        group.MapPost("", CreateAsync).WithName("create-token").WithSummary("Makes a token; its secret is in this answer and nowhere else.")
            .Accepts<CreateTokenBody>("application/json").Produces<NewTokenBody>(201).ProducesProblem(400);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateTokenBody>(http);
        if (problem is not null) return problem;
        var token = body!.Value;
        var id = token.Id ?? http.NewId(TokenId.Kind);
        var secret = Tokens.NewSecret();
        var create = new CreateToken(TokenId.Of(id), token.Name, token.Description, Tokens.Hash(secret), token.Role,
            token.ProjectId is { } project ? ProjectId.Of(project) : null, token.ClusterId is { } cluster ? ClusterId.Of(cluster) : null);
        return await api.CompleteAsync(http, new Change("token.create", id, Project: null, create), body.Fingerprint, made => Task.FromResult<IResult>(
            TypedResults.Created($"/v1/tokens/{made}", new NewTokenBody(made, token.Name, token.Role, token.ProjectId, token.ClusterId, secret))));
    }
}
