using System.Reflection;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Snapshots;
using IaaS.Commands.Project;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Simulation;
using IaaS.Simulation.Generator;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>States of long streams that are kept.</summary>
public sealed class SnapshotTests : IAsyncLifetime
{
    private static readonly ProjectId Project = new("project-1");

    private readonly InMemoryEventStore log = new(TimeProvider.System);
    private readonly ReadCounter store;
    private readonly InMemorySnapshots snapshots = new();
    private readonly CancellationTokenSource stop = new();
    private readonly GroupCommit commits;
    private Task writer = Task.CompletedTask;

    public SnapshotTests()
    {
        store = new ReadCounter(log);
        commits = new GroupCommit(store, [], NullLogger<GroupCommit>.Instance);
    }

    public async Task InitializeAsync()
    {
        writer = commits.RunAsync(stop.Token);
        await Owner().HandleAsync(new CreateProject(Project, "p", Description: null, Quota.None), Origin.System);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await writer;
        stop.Dispose();
    }

    [Fact]
    public async Task An_owner_of_a_long_stream_reads_what_came_after_the_state_that_was_kept()
    {
        await ReserveAsync(Owner(), 0, 1_000);
        store.Read = 0;

        var reply = await Owner().HandleAsync(new ReserveQuota(Project, "vm-5", new QuotaUse(1, 1, 1.GiB, 1.GiB)), Origin.System);

        Assert.Empty(Assert.IsType<Decision.Accepted>(reply.Decision).Events);
        Assert.Equal(1_001, reply.Version);
        Assert.InRange(store.Read, 0, 600);
    }

    [Theory]
    [InlineData("another program")]
    [InlineData("not packed")]
    public async Task One_that_cannot_be_believed_is_passed_over(string fault)
    {
        await ReserveAsync(Owner(), 0, 600);
        var kept = (await snapshots.FindAsync(Project.Value, CancellationToken.None))!;
        await snapshots.KeepAsync(fault is "not packed" ? kept with { State = new byte[] { 1, 2, 3 } } : kept with { Program = fault }, CancellationToken.None);
        store.Read = 0;

        var reply = await Owner().HandleAsync(new ReleaseQuota(Project, "vm-5"), Origin.System);

        Assert.Equal(602, reply.Version);
        Assert.Equal(601, store.Read);
    }

    [Fact]
    public async Task A_step_that_began_the_stream_is_known_from_the_state_too()
    {
        var create = new CreateProject(new ProjectId("project-2"), "p", Description: null, Quota.None);
        var by = new Origin("token-1", "op-1", "create");
        StreamOwner<ProjectState> Other() => new("project-2", store, commits, TimeProvider.System, snapshots, snapshotEvery: 2);
        var owner = Other();
        await owner.HandleAsync(create, by);
        for (var i = 0; i < 10; i++) await owner.HandleAsync(new ReserveQuota(create.Project, $"vm-{i}", default), Origin.System);

        Assert.IsType<Decision.Accepted>((await Other().HandleAsync(create, by)).Decision);
        Assert.IsType<Decision.Rejected>((await Other().HandleAsync(create, by with { Correlation = "op-2" })).Decision);
    }

    [Fact]
    public void Every_state_that_is_kept_goes_on_from_what_was_kept_as_from_its_events()
    {
        var kinds = typeof(IEvent).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false }
            && Array.Exists(t.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IState<>) && i.GenericTypeArguments[0] == t)).ToList();
        var check = typeof(SnapshotTests).GetMethod(nameof(GoesOn), BindingFlags.NonPublic | BindingFlags.Static)!;
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (var seed = 1; seed <= 12; seed++)
        {
            var run = SimulationRun.Run(seed, actions: 200, Faults.None);
            foreach (var stream in run.Store.Streams)
            {
                foreach (var kind in kinds.Where(k => string.Equals((string)k.GetProperty("Kind")!.GetValue(null)!, ResourceId.KindOf(stream), StringComparison.Ordinal)))
                {
                    if ((bool)check.MakeGenericMethod(kind).Invoke(null, [run.Store.Peek(stream)])!) seen.Add(kind.Name);
                }
            }
        }

        Assert.Superset(new HashSet<string>(["HostState", "L3State", "ProjectState", "StorageState"], StringComparer.Ordinal), seen);
    }

    private static bool GoesOn<TState>(IReadOnlyList<Recorded> events) where TState : IState<TState>
    {
        if (!TState.GrowsLong) return false;
        var state = TState.Empty;
        var kept = TState.Empty;
        for (var i = 0; i < events.Count; i++)
        {
            (state, kept) = (TState.Evolve(state, events[i].Event), TState.Evolve(kept, events[i].Event));
            if (i % 7 != 3 && i != events.Count - 1) continue;
            Assert.Equal(SnapshotJson.Text(state), SnapshotJson.Text(kept));
            kept = SnapshotJson.Read<TState>(SnapshotJson.Write(kept))!;
        }

        return events.Count > 10;
    }

    private static async Task ReserveAsync(StreamOwner<ProjectState> owner, int from, int count)
    {
        for (var i = from; i < from + count; i++) await owner.HandleAsync(new ReserveQuota(Project, $"vm-{i}", new QuotaUse(1, 1, 1.GiB, 1.GiB)), Origin.System);
    }

    private StreamOwner<ProjectState> Owner() => new(Project.Value, store, commits, TimeProvider.System, snapshots);

    private sealed class ReadCounter(IEventStore inner) : IEventStore
    {
        public int Read { get; set; }

        public async Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
        {
            var events = await inner.ReadAsync(stream, afterVersion, ct);
            Read += events.Count;
            return events;
        }

        public Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct) => inner.HasAsync(stream, origin, ct);

        public Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct) => inner.AppendAsync(batch, ct);

        public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct) => inner.ReadFeedAsync(afterPosition, max, ct);

        public Task<long> HeadAsync(CancellationToken ct) => inner.HeadAsync(ct);
    }
}
