using System.Diagnostics;
using IaaS.Domain.Host;
using IaaS.Drivers;
using Microsoft.Extensions.Logging;

namespace IaaS.Agent;

/// <summary>
/// A process of its own beside the agent, for hypervisors whose domains outlive the agent: when the agent is gone, it still stops what
/// needs a lease. The agent starts it when the first such VM is on the host. It ends when none is left.
/// </summary>
public static class LeaseGuard
{
    public const string Command = "guard";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Returns at once when another guards already.</summary>
    public static async Task RunAsync(string folder, HostDrivers drivers, TimeProvider time, ILogger log, CancellationToken ct)
    {
        using var alone = Lock(folder);
        if (alone is null || await AgentIdentity.LoadAsync(folder, ct) is not { } identity) return;
        var watch = new LeaseWatch(drivers, () => LeaseFile.Read(folder) is { } until && SinceBoot.Now < until, time, log);
        var needed = time.GetTimestamp();
        while (time.GetElapsedTime(needed) < Patience)
        {
            await Task.Delay(Every, time, ct);
            await watch.LookAsync(identity.Host, ct);
            if (await IsNeededAsync(drivers, identity.Host, ct)) needed = time.GetTimestamp();
        }
    }

    /// <summary>Starts it, unless there is one or none is needed.</summary>
    public static async Task EnsureAsync(string folder, HostDrivers drivers, HostId host, CancellationToken ct)
    {
        if (drivers.Get<IOutlivesAgent>() is null || !await IsNeededAsync(drivers, host, ct)) return;
        using (var free = Lock(folder))
        {
            if (free is null) return;
        }

        // In a session of its own, with output of its own: a signal to the agent's terminal does not reach it, and whoever reads what the
        // agent prints does not wait for the guard.
        var info = new ProcessStartInfo("sh") { UseShellExecute = false };
        string[] words = ["-c", "log=$1; shift; exec setsid --fork \"$@\" < /dev/null >> \"$log\" 2>&1", "sh", Path.Combine(folder, "guard.log"), Environment.ProcessPath!, .. Environment.GetCommandLineArgs() is [var program, ..] && program.EndsWith(".dll", StringComparison.Ordinal) ? [program] : Array.Empty<string>(),
            Command, .. Environment.GetCommandLineArgs()[1..]];
        foreach (var word in words) info.ArgumentList.Add(word);
        using var started = Process.Start(info)!;
        await started.WaitForExitAsync(ct);
    }

    private static async Task<bool> IsNeededAsync(HostDrivers drivers, HostId host, CancellationToken ct)
    {
        try
        {
            return (await drivers.Get<IHypervisor>()!.ListAsync(host, ct)).Any(d => d is { Ours: true, Leased: true });
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static FileStream? Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "guard.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
