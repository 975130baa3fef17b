using IaaS.Agent;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Drivers.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Drivers.Tests.Agents;

/// <summary>A host with an agent that can be killed and started again, as a process is: only its data folder remains.</summary>
internal sealed class AgentOnTrial(ControlPlaneStandIn plane) : IAsyncDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("iaas-agent-tests-").FullName;
    private CancellationTokenSource life = new();
    private Task run = Task.CompletedTask;

    public SimulatedWorld World { get; } = Given.World();
    public HeldAfterEffect Hypervisor { get; private set; } = null!;
    public string DataFolder => data;

    public async Task StartAsync(string? token = ControlPlaneStandIn.Token, bool hold = false)
    {
        Start(token, hold);
        await Given.UntilAsync(() => run.IsCompleted || plane.Agents.IsConnected(Given.Host), "the agent connects");
        if (run.IsCompleted) await run;
    }

    public void Start(string? token, bool hold = false)
    {
        life = new CancellationTokenSource();
        Hypervisor = new HeldAfterEffect(new SimulatedHypervisor(World), hold);
        var options = new AgentOptions(plane.Url, token, data, "rack1-07")
        {
            FirstPause = TimeSpan.FromMilliseconds(20),
            LongestPause = TimeSpan.FromMilliseconds(200),
        };
        var drivers = new HostDrivers(Hypervisor, new SimulatedStorage(World), new SimulatedNetwork(World));
        run = new HostAgent(options, drivers, new WishJson(), new WorkerLimits(), TimeProvider.System, NullLogger<HostAgent>.Instance).RunAsync(life.Token);
    }

    /// <summary>Nothing that the agent had in memory survives.</summary>
    public async Task KillAsync()
    {
        await life.CancelAsync();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        life.Dispose();
    }

    public async Task<EnsureRunning> VmWithDiskAsync()
    {
        var spec = Given.Spec();
        await Given.Drivers(World).DoneAsync(Given.Disk(spec));
        return new EnsureRunning(Given.Host, spec);
    }

    public int BootsOf(EnsureRunning wish) => World.Host(wish.Host).Domains.TryGetValue(wish.Spec.Vm, out var d) ? d.Boots : 0;

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(data, recursive: true);
    }
}

/// <summary>Carries out the wish, counts it, and keeps the answer back for as long as it is told to.</summary>
internal sealed class HeldAfterEffect(IHypervisor inner, bool hold) : IHypervisor
{
    private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int calls;

    public int Calls => calls;

    public void Release() => release.TrySetResult();

    public Task<Outcome> EnsureRunningAsync(EnsureRunning wish, CancellationToken ct) => HoldAsync(inner.EnsureRunningAsync(wish, ct), ct);

    public Task<Outcome> EnsureStoppedAsync(EnsureStopped wish, CancellationToken ct) => HoldAsync(inner.EnsureStoppedAsync(wish, ct), ct);

    public Task<Outcome> EnsureRebootedAsync(EnsureRebooted wish, CancellationToken ct) => HoldAsync(inner.EnsureRebootedAsync(wish, ct), ct);

    public Task<Outcome> EnsureAbsentAsync(EnsureAbsent wish, CancellationToken ct) => HoldAsync(inner.EnsureAbsentAsync(wish, ct), ct);

    public Task<HostFacts> InspectAsync(HostId host, CancellationToken ct) => inner.InspectAsync(host, ct);

    public Task<IReadOnlyList<FoundDomain>> ListAsync(HostId host, CancellationToken ct) => inner.ListAsync(host, ct);

    private async Task<Outcome> HoldAsync(Task<Outcome> carried, CancellationToken ct)
    {
        var outcome = await carried;
        Interlocked.Increment(ref calls);
        if (hold) await release.Task.WaitAsync(ct);
        return outcome;
    }
}
