using System.Reflection;

namespace IaaS.Api.Kernel;

/// <summary>The endpoints of one slice. Found, not listed.</summary>
public interface IEndpoints
{
    static abstract void Map(IEndpointRouteBuilder app);
}

public static class EndpointExtensions
{
    extension(IEndpointRouteBuilder app)
    {
        public void MapEveryEndpoint(params IEnumerable<Assembly> assemblies)
        {
            var map = typeof(EndpointExtensions).GetMethod(nameof(MapOne), BindingFlags.NonPublic | BindingFlags.Static)!;
            foreach (var type in assemblies.SelectMany(a => a.GetTypes())
                .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IEndpoints)))
                .OrderBy(t => t.FullName, StringComparer.Ordinal))
            {
                map.MakeGenericMethod(type).Invoke(null, [app]);
            }
        }
    }

    private static void MapOne<TEndpoints>(IEndpointRouteBuilder app) where TEndpoints : IEndpoints => TEndpoints.Map(app);
}
