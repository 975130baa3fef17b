using System.Globalization;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Simulation.Mutants;

namespace IaaS.Simulation;

/// <summary>A whole cloud in one thread: the engine, its store, the hosts, and clients that ask for things.</summary>
public sealed partial class SimMachine
{
    /// <summary>Longer than operations may take.</summary>
    public static readonly TimeSpan LongOutage = TimeSpan.FromMinutes(30);

    private static readonly WorkflowCatalog Delivered = new();

    private readonly List<string> notes = [];
    private readonly Lane clients;
    private readonly Mutant? mutant;
    private readonly int atOnce;
    private readonly WorkflowCatalog workflows;
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private int lives;
    private int crashes;
    private bool down;

    public SimMachine(int seed, Cloud cloud, Faults faults, Mutant? mutant = null)
    {
        ArgumentNullException.ThrowIfNull(cloud);
        this.mutant = mutant;
        workflows = mutant is null ? Delivered : new(Delivered.All.Select(mutant.Workflow));
        Seed = seed;
        Faults = faults;
        Scheduler = new SimScheduler(seed);
        Store = new SimStore(Scheduler, faults) { Seen = Ledger.Seen, IgnoresVersions = mutant?.IgnoresVersions is true };
        Drivers = new SimDrivers(Scheduler, faults, Note);
        clients = Scheduler.NewLane();
        atOnce = cloud.AtOnce;
        cloud.Build(Store);
        Store.Crash = () => Crash();
        Process = Boot();
    }

    public int Seed { get; }

    public Faults Faults { get; }

    public SimScheduler Scheduler { get; }

    public SimStore Store { get; }

    public SimDrivers Drivers { get; }

    public Ledger Ledger { get; } = new();

    /// <summary>The life that runs now, or ran last.</summary>
    public SimProcess Process { get; private set; }

    /// <summary>What clients were told, by operation.</summary>
    public SortedDictionary<string, OperationReport> Acknowledged { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Notes => notes;

    /// <summary>Operations that clients have asked for.</summary>
    public IReadOnlySet<string> Asked => asked;

    /// <summary>How often the process was ended.</summary>
    public int Crashes { get; private set; }

    public void Note(string note) => notes.Add(string.Create(CultureInfo.InvariantCulture, $"{Scheduler.Now:HH:mm:ss.fff} {note}"));

    /// <summary>Ends the process as a power cut does. Another starts later.</summary>
    /// <param name="outage">Null for a while drawn by chance.</param>
    /// <returns>False when there is nothing to crash, or it has crashed often enough.</returns>
    public bool Crash(TimeSpan? outage = null)
    {
        if (down || (outage is null && crashes++ >= Faults.MostCrashes)) return false;
        down = true;
        Crashes++;
        Process.Crash();
        var away = outage ?? (Scheduler.Chance.Next(1_000) < Faults.LongOutage ? LongOutage : TimeSpan.FromMilliseconds(Scheduler.Chance.Next(3_000)));
        Note($"CRASH of {Process.Node.Name}, away for {away.TotalSeconds:0.0} s");
        clients.After(away, () =>
        {
            down = false;
            Process = Boot();
            Resume();
        });
        return true;
    }

    /// <summary>Cuts a host off for a while, and has the process watch its hosts until all is said that follows from it.</summary>
    public void Cut(string host, TimeSpan away) => clients.Start(async () =>
    {
        if (Drivers.Cuts.Is(host)) return;
        Drivers.Cuts.Begin(host, away);
        clients.After(SimCuts.Lease, () =>
        {
            if (Drivers.Cuts.Left(host) > TimeSpan.Zero) Drivers.LeaseEnds(host);
        });
        var until = Scheduler.Now + away;
        await Task.Delay(TimeSpan.FromSeconds(3), clients.Time);
        await TellAsync(() => Process.SendAsync(new ReportDisconnected(new HostId(host), "it is cut off"), new Origin("agent", "", "disconnected")));
        while (Scheduler.Now < until)
        {
            await Task.Delay(TimeSpan.FromSeconds(10), clients.Time);
            await TellAsync(WatchAsync, attempts: 1);
        }

        Drivers.Cuts.End(host);
        await TellAsync(() => Process.SendAsync(new ReportConnected(new HostId(host), host, Ledger.Hosts[host].Cpus, 1.TiB, "simulator", "1"), new Origin("agent", "", "connected")));
        for (var round = 0; round < 60; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(20), clients.Time);
            await TellAsync(WatchAsync);
            if (round > 1 && Ledger.Open.Count == 0 && !Ledger.Vms.All.Values.Any(v => v.Phase is VmPhase.Unknown)) break;
        }

        // What was changed while it was looked at is looked at once more.
        for (var (round, settled) = (0, false); round < 2_000 && !settled && !Drivers.Cuts.Is(host); round++)
        {
            await TellAsync(async () =>
            {
                settled = true;
                foreach (var each in Ledger.Hosts.All.Keys.Where(h => !Drivers.Cuts.Is(h)).ToList()) settled &= await Process.Watch.LookAtAsync(new HostId(each), CancellationToken.None);
                return settled;
            });
            await Task.Delay(TimeSpan.FromSeconds(20), clients.Time);
        }
    });

    private async Task<bool> WatchAsync()
    {
        await Process.Watch.TickAsync(CancellationToken.None);
        return true;
    }

    /// <summary>Asks whichever process lives, until one has answered.</summary>
    private async Task TellAsync<T>(Func<Task<T>> ask, int attempts = 2_000)
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            var process = Process;
            var answer = process.Lane.Ask(ask);
            if (await Task.WhenAny(answer, process.Crashed) == answer)
            {
                try
                {
                    await answer;
                    return;
                }
                catch (Commands.Kernel.StoreUnavailableException)
                {
                    Note("the store is away");
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(5), clients.Time);
        }
    }

    public void After(TimeSpan delay, Action work) => clients.After(delay, work);

    /// <summary>Runs until nothing moves any more; the faults end when all has been asked.</summary>
    public void Settle()
    {
        Scheduler.Run();
        // What a process does every few seconds: it takes over what nobody runs.
        for (var round = 0; (Ledger.Open.Count > 0 || (Faults.HostCut > 0 && Ledger.Vms.All.Values.Any(v => v.Phase is VmPhase.Unknown))) && round < 6; round++)
        {
            if (Ledger.Open.Count > 0) Resume();
            else LookAround();
            Scheduler.Run();
        }
    }

    /// <summary>And it compares the hosts with the log: what was taken over may have ended otherwise than they were last seen.</summary>
    private void LookAround() => clients.Start(() => TellAsync(async () =>
    {
        foreach (var each in Ledger.Hosts.All.Keys.ToList()) await Process.Watch.LookAtAsync(new HostId(each), CancellationToken.None);
        return true;
    }));

    public static OperationRequest Request(string id, string workflow, string subject, object input) =>
        new(new OperationId(id), workflow, subject, Cloud.Project.Value, input, "token-1", Fingerprint: id);

    private SimProcess Boot() => new(Scheduler, Store, Drivers, workflows, $"node-{++lives}", Note, Ledger, atOnce, mutant);

    private void Resume() => clients.Start(async () =>
    {
        while (mutant?.NeverResumes is not true)
        {
            var process = Process;
            var answer = process.Lane.Ask(() => process.Engine.ResumeAsync(Ledger, process, CancellationToken.None));
            if (await Task.WhenAny(answer, process.Crashed) != answer) return;
            try
            {
                Note($"{process.Node.Name} takes over {await answer} operations");
                return;
            }
            catch (Commands.Kernel.StoreUnavailableException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), clients.Time);
            }
        }
    });
}
