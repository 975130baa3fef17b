using IaaS.Api.Kernel;
using IaaS.Api.Vm;
using IaaS.Commands.Project;
using IaaS.Commands.Token;
using IaaS.Domain.Project;
using IaaS.Domain.Token;
using IaaS.Projections.Kernel;
using IaaS.Projections.Project;
using IaaS.Projections.Token;

namespace IaaS.Api.Demo;

/// <summary>What every cloud begins with: a project, and a way in for its first administrator.</summary>
public static class Bootstrap
{
    /// <returns>The secret of a new administrator's token, when one was made.</returns>
    public static async Task<string?> RunAsync(IServiceProvider services, ServerOptions options)
    {
        var setup = new Setup(services);
        if (services.GetRequiredService<LiveTable<ProjectView>>().Find(CreateVmBody.DefaultProject) is null)
        {
            await setup.DoAsync("project.create", CreateVmBody.DefaultProject, new CreateProject(
                ProjectId.Of(CreateVmBody.DefaultProject), "default", "Where VMs go that name no project.", Quota.None));
        }

        if (!options.NewAdminToken && services.GetRequiredService<LiveTable<TokenView>>().All.Any(t => t.Role is Role.Admin)) return null;
        var id = setup.NewId(TokenId.Kind);
        var secret = Tokens.NewSecret();
        await setup.DoAsync("token.create", id, new CreateToken(TokenId.Of(id), "first administrator", null, Tokens.Hash(secret), Role.Admin, null, null));
        return secret;
    }
}
