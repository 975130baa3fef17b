using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Simulation;

/// <summary>Hosts that hear nothing of the control plane and are not heard, and their leases.</summary>
public sealed class SimCuts(SimScheduler scheduler, Action<string> note)
{
    /// <summary>How long a host runs what needs a lease when it hears nothing.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How much longer the control plane waits.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(20);

    private readonly SortedDictionary<string, (DateTimeOffset From, DateTimeOffset Until)> cut = new(StringComparer.Ordinal);
    private readonly HashSet<string> leased = new(StringComparer.Ordinal);

    public bool Any => cut.Count > 0;

    public bool Is(string host) => cut.ContainsKey(host);

    public void Begin(string host, TimeSpan away)
    {
        note($"CUT {host} for {away.TotalSeconds:0} s");
        cut[host] = (scheduler.Now, scheduler.Now + away);
    }

    public void End(string host)
    {
        note($"MEND {host}");
        cut.Remove(host);
    }

    /// <summary>As the control plane reckons, which remembers nothing of before its start.</summary>
    public bool LeaseIsOver(string host, DateTimeOffset started, TimeSpan margin) =>
        cut.TryGetValue(host, out var away) && scheduler.Now > (away.From > started ? away.From : started) + Lease + margin;

    public void Leases(string vm, bool needed)
    {
        if (needed) leased.Add(vm);
        else leased.Remove(vm);
    }

    /// <param name="domain">As host/VM.</param>
    public bool IsLeased(string domain) => leased.Contains(domain[(domain.IndexOf('/', StringComparison.Ordinal) + 1)..]);

    /// <returns>Why a wish does not come to its host; null when it does.</returns>
    public Outcome? Reaches(Wish wish) => wish switch
    {
        _ when Is(wish.Host.Value) => Outcome.Fail("host.not-connected", $"{wish.Host} is cut off.", retry: true),
        EnsureMigrated { To: var to } when Is(to.Value) => Outcome.Fail("host.not-connected", $"{to} is cut off.", retry: true),
        EnsureNotMigrated { To: var to } when Is(to.Value) => Outcome.Fail("host.not-connected", $"{to} is cut off.", retry: true),
        _ => null,
    };

    /// <summary>It stops what needs a lease, also what arrives now.</summary>
    public bool HasNoLease(string host) => cut.TryGetValue(host, out var away) && scheduler.Now >= away.From + Lease;

    /// <returns>Why a host does not start what needs a lease; null when it does.</returns>
    public Outcome? Refuses(Wish wish) => wish is EnsureRunning { Spec.Leased: true } or EnsureRebooted { Spec.Leased: true } && HasNoLease(wish.Host.Value)
        ? Outcome.Fail("host.no-lease", $"{wish.Host} has no lease.", retry: true)
        : null;

    /// <summary>Until the host is heard again.</summary>
    public TimeSpan Left(string host) => cut.TryGetValue(host, out var away) && away.Until > scheduler.Now ? away.Until - scheduler.Now : TimeSpan.Zero;
}
