using IaaS.Agents.Gateway;
using IaaS.Api.Kernel;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel;
using IaaS.Drivers;

namespace IaaS.Api.Agents;

public static class DriverServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Drivers in this process and behind agents.</summary>
        public void AddDrivers(ServerOptions options)
        {
            services.AddSingleton(_ => DriverCatalog.Load(DriverCatalog.Delivered(), options.DriverFolder));
            services.AddSingleton(_ => options.DriverSettings is { } file
                ? DriverSettings.Parse(options.DataFolder, File.ReadAllText(file))
                : new DriverSettings(options.DataFolder));
            // What drivers may ask for beside the clock: chance, from 0 up to and without 1.
            services.AddSingleton<Func<double>>(s => () => s.GetRequiredService<IChance>().Next(int.MaxValue) / (double)int.MaxValue);
            services.AddSingleton<LocalHosts>();
            services.AddAgentGateway(new AgentGatewayOptions { Heartbeat = options.Heartbeat });
            services.AddSingleton<AgentAddress>();
            services.AddSingleton<HostLeases>();
            services.AddSingleton<IHosting, Hosting>();
            services.AddSingleton<HostWatch>();
            services.AddSingleton<AgentLink>();
            services.AddSingleton<IAgentCredentials>(s => s.GetRequiredService<AgentLink>());
            services.AddSingleton<IAgentReports>(s => s.GetRequiredService<AgentLink>());
            services.AddSingleton<IDrivers, HostRouter>();
        }
    }
}
