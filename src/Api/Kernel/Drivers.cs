using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Kernel;

public static class DriverServices
{
    extension(IServiceCollection services)
    {
        public void AddDrivers(ServerOptions options)
        {
            _ = options;
            services.AddSingleton<IDrivers, NullDrivers>();
        }
    }

    private sealed class NullDrivers : IDrivers
    {
        public Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct) => Task.FromResult<Outcome>(new Outcome.Done());
    }
}
