using IaaS.Commands.Kernel;
using IaaS.Commands.Volume;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>Streams that begin are not read first.</summary>
public sealed class BeginTests : IAsyncLifetime
{
    private readonly CountingStore store = new(new InMemoryEventStore(TimeProvider.System));
    private readonly CancellationTokenSource stop = new();
    private readonly GroupCommit commits;
    private Task writer = Task.CompletedTask;

    public BeginTests() => commits = new GroupCommit(store, [], NullLogger<GroupCommit>.Instance);

    public Task InitializeAsync()
    {
        writer = commits.RunAsync(stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await writer;
        stop.Dispose();
    }

    [Fact]
    public async Task A_stream_that_begins_is_not_read()
    {
        Assert.IsType<Decision.Accepted>((await Owner().HandleAsync(Create("vm-1"), By("op-1"))).Decision);

        Assert.Equal(0, store.Reads);
    }

    [Fact]
    public async Task One_that_exists_is_read_then_and_nothing_is_added_to_it()
    {
        await Owner().HandleAsync(Create("vm-1"), By("op-1"));

        var again = await Owner().HandleAsync(Create("vm-2"), By("op-2"));

        Assert.Empty(Assert.IsType<Decision.Accepted>(again.Decision).Events);
        Assert.Equal((1, 1), (store.Reads, again.Version));
        Assert.Single(await store.ReadAsync(Volume.Value, 0, CancellationToken.None));
    }

    [Fact]
    public async Task The_step_that_began_it_hears_yes_again_from_another_owner()
    {
        await Owner().HandleAsync(Create("vm-1"), By("op-1"));

        Assert.IsType<Decision.Accepted>((await Owner().HandleAsync(Create("vm-1"), By("op-1"))).Decision);

        Assert.Single(await store.ReadAsync(Volume.Value, 0, CancellationToken.None));
    }

    [Fact]
    public async Task Any_other_command_is_decided_on_what_the_store_has()
    {
        await Owner().HandleAsync(Create("vm-1"), By("op-1"));

        var gone = await Owner().HandleAsync(new DiscardVolume(Volume), By("op-1"));

        Assert.IsType<Decision.Accepted>(gone.Decision);
        Assert.Equal(2, gone.Version);
    }

    [Fact]
    public async Task Owners_are_forgotten_and_a_stream_that_is_asked_again_goes_on_where_it_was()
    {
        var owners = new StreamOwners(new StreamKinds([], store, commits, TimeProvider.System), most: 10);
        for (var i = 0; i < 1_000; i++)
        {
            var id = new VolumeId($"volume-{i}");
            await owners.Of(id.Value).HandleAsync(Create("vm-1") with { Volume = id }, By("op-1"));
            Assert.InRange(owners.Count, 1, 40);
        }

        Assert.Equal(2, (await owners.Of("volume-0").HandleAsync(new DiscardVolume(new VolumeId("volume-0")), By("op-2"))).Version);
    }

    [Fact]
    public async Task One_that_is_asked_all_the_time_is_kept_among_many_that_are_not()
    {
        var owners = new StreamOwners(new StreamKinds([], store, commits, TimeProvider.System), most: 10);
        var busy = owners.Of("volume-busy");
        for (var i = 0; i < 200; i++)
        {
            owners.Of($"volume-{i}");
            Assert.Same(busy, owners.Of("volume-busy"));
        }
    }

    private static readonly VolumeId Volume = new("volume-1");

    private StreamOwner<VolumeState> Owner() => new(Volume.Value, store, commits, TimeProvider.System);

    private static Origin By(string operation) => new("token-1", operation, "volume");

    private static CreateRootVolume Create(string vm) => new(Volume, "root", new ProjectId("project-1"), new VmId(vm), new StorageId("storage-1"), new ImageId("image-1"), 1.GiB);

    private sealed class CountingStore(IEventStore inner) : IEventStore
    {
        private int reads;

        public int Reads => reads;

        public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
        {
            Interlocked.Increment(ref reads);
            return inner.ReadAsync(stream, afterVersion, ct);
        }

        public Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct) => inner.HasAsync(stream, origin, ct);

        public Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct) => inner.AppendAsync(batch, ct);

        public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct) => inner.ReadFeedAsync(afterPosition, max, ct);

        public Task<long> HeadAsync(CancellationToken ct) => inner.HeadAsync(ct);
    }
}
