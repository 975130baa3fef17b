using IaaS.Domain.Host;
using IaaS.Domain.Vm;
using IaaS.Drivers;
using Microsoft.Extensions.Logging;
using Outcome = IaaS.Domain.Kernel.Outcome;

namespace IaaS.Agent;

/// <summary>
/// Stops what needs a lease as soon as there is none. From when the control plane takes the lease for ended until it starts such a VM
/// elsewhere there is time for this; see docs/hosts.md.
/// </summary>
/// <param name="held">Whether the lease holds.</param>
public sealed partial class LeaseWatch(HostDrivers drivers, Func<bool> held, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public async Task RunAsync(HostId host, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(ct)) await LookAsync(host, ct);
    }

    /// <returns>How many guests need a lease and run, or could not be stopped; null when the hypervisor does not say.</returns>
    public async Task<int?> LookAsync(HostId host, CancellationToken ct)
    {
        if (drivers.Get<IHypervisor>() is not { } hypervisor || held()) return null;
        try
        {
            var left = 0;
            foreach (var domain in (await hypervisor.ListAsync(host, ct)).Where(d => d is { Ours: true, Running: true, Leased: true }))
            {
                LogStops(log, domain.Vm);
                // The plug is pulled: nobody has the time to ask the guest.
                if (await hypervisor.EnsureStoppedAsync(new EnsureStopped(host, VmId.Of(domain.Vm), Force: true), ct) is Outcome.Failed { Error: var error })
                {
                    LogNotStopped(log, domain.Vm, error.Code, error.Detail);
                    left++;
                }
            }

            return left;
        }
        catch (IOException e)
        {
            LogNotStopped(log, "all VMs", "host.not-observed", e.Message);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The lease has ended: stopping {Vm}, which may be started elsewhere")]
    private static partial void LogStops(ILogger log, string vm);

    [LoggerMessage(LogLevel.Error, "{Vm} cannot be stopped ({Code}): {Detail}")]
    private static partial void LogNotStopped(ILogger log, string vm, string code, string detail);
}
