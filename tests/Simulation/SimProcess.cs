using IaaS.Commands.Cascade;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Simulation.Mutants;
using Microsoft.Extensions.Logging;

namespace IaaS.Simulation;

/// <summary>One life of the control plane: the real engine from its start to its crash.</summary>
public sealed class SimProcess : IStreams, IBackground, IChance, INodes, IHosting, IIds
{
    private readonly SimDrivers world;
    private readonly Ledger ledger;
    private readonly DateTimeOffset begun;
    private int ids;
    private readonly SimScheduler scheduler;
    private readonly Dictionary<string, IStreamOwner> owners = new(StringComparer.Ordinal);
    private readonly StreamKinds kinds;
    private readonly Mutant? mutant;

    public SimProcess(SimScheduler scheduler, SimStore store, SimDrivers drivers, WorkflowCatalog workflows, string name, Action<string> note, Ledger ledger, int atOnce, Mutant? mutant = null)
    {
        this.mutant = mutant;
        this.scheduler = scheduler;
        (world, this.ledger, begun) = (drivers, ledger, scheduler.Now);
        Lane = scheduler.NewLane();
        Node = new Node(name);
        var chooser = new SimChooser(this);
        chooser.Committed(0, store.Log);
        Commits = new GroupCommit(store, [chooser], new NoteLog<GroupCommit>(note));
        kinds = new StreamKinds([], store, Commits, Lane.Time, store.Snapshots, snapshotEvery: 4);
        var children = new ChildOperations(() => Engine!, store, Lane.Time);
        var performer = new RequestPerformer(this, drivers, [chooser, new SimReacher(chooser), new SimVolumePlacer(chooser), new SimTogether(), new SimNetworks()], [new HostEvacuator(this, children, Lane.Time), new ContentsDeleter(SimDependents.Kinds, new SimDependents(ledger), children, Lane.Time), new VmMaker(children)]);
        Engine = new OperationEngine(workflows, store, Commits, performer, this, Lane.Time, Node, new NoteLog<OperationEngine>(note), atOnce);
        Watch = new HostWatch(this, this, store, drivers, Engine, this, Lane.Time);
        Lane.Start(() => Commits.RunAsync(CancellationToken.None));
    }

    public HostWatch Watch { get; }

    public IEnumerable<WatchedHost> Hosts => ledger.Hosts.All.Select(h => new WatchedHost(new HostId(h.Key), h.Value.Connected,
        world.Cuts.LeaseIsOver(h.Key, begun, mutant?.IgnoresLeases is true ? -SimCuts.Lease : SimCuts.Margin)));

    public async Task<IReadOnlyList<HostedVm>> OnAsync(HostId host, CancellationToken ct)
    {
        await Task.Yield();
        return [.. ledger.Vms.All.Where(v => v.Value.Host == host).Select(v => new HostedVm(new VmId(v.Key), v.Value.Requested!.Project.Value, v.Value.Phase, v.Value.OnHostLoss, v.Value.Operation))];
    }

    public string New(string kind) => $"{kind}-{Node.Name}-{++ids}";

    public Lane Lane { get; }

    public Node Node { get; }

    public GroupCommit Commits { get; }

    public OperationEngine Engine { get; }

    public Task Crashed => crashed.Task;

    private readonly TaskCompletionSource crashed = new();

    public void Crash()
    {
        Lane.Abandon();
        crashed.TrySetResult();
    }

    /// <summary>The owner of a stream is one hop away, and what is sent at the same time arrives in any order.</summary>
    public async Task<Reply> SendAsync(ICommand command, Origin origin, CommitDependencies? ahead = null)
    {
        await Task.Yield();
        if (!owners.TryGetValue(command.Stream, out var owner)) owners[command.Stream] = owner = kinds.Own(command.Stream);
        if (mutant is null) return await owner.HandleAsync(command, origin, ahead);
        var reply = await owner.HandleAsync(mutant.Command(command), origin, ahead is not null && mutant.ForgetsDependencies ? new CommitDependencies() : ahead);
        return reply with { Decision = mutant.Answer(command, reply.Decision) };
    }

    public void Start(Func<Task> work) => Lane.Start(work);

    public int Next(int exclusiveMax) => scheduler.Chance.Next(exclusiveMax);

    public bool IsAlive(string node) => node == Node.Name;
}

/// <summary>Writes what the engine logs into the run's notes.</summary>
public sealed class NoteLog<T>(Action<string> note) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        note($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}");
    }
}
