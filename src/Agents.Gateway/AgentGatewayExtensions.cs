using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IaaS.Agents.Gateway;

public static class AgentGatewayExtensions
{
    /// <summary>
    /// The gateway and its <see cref="ConnectedAgents"/>. The caller registers <see cref="IAgentCredentials"/> and
    /// <see cref="IAgentReports"/>, and listens with HTTP/2 on the endpoint that agents dial.
    /// </summary>
    public static IServiceCollection AddAgentGateway(this IServiceCollection services, AgentGatewayOptions? options = null)
    {
        // Its answer to unknown services would stand where HTTP says 405 and 415.
        services.AddGrpc(o => o.IgnoreUnknownServices = true);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options ?? new AgentGatewayOptions());
        services.AddSingleton<ConnectedAgents>();
        return services;
    }

    public static IEndpointConventionBuilder MapAgentGateway(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<AgentGatewayService>();
}
