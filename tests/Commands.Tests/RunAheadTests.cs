using IaaS.Commands.Kernel;
using IaaS.Commands.Project;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>An operation that runs ahead hears what is decided before it is durable, and nothing is written that rests on what was not.</summary>
public sealed class RunAheadTests : IAsyncDisposable
{
    private static readonly ProjectId First = new("project-1");
    private static readonly ProjectId Second = new("project-2");
    private static readonly QuotaUse One = new(1, 1, 1.GiB, 1.GiB);

    private readonly HeldStore store = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, StreamOwner<ProjectState>> owners;
    private readonly Task writer;

    public RunAheadTests()
    {
        var commits = new GroupCommit(store, [], NullLogger<GroupCommit>.Instance);
        owners = new[] { First, Second }.ToDictionary(p => p.Value, p => new StreamOwner<ProjectState>(p.Value, store, commits, TimeProvider.System), StringComparer.Ordinal);
        writer = Task.Run(() => commits.RunAsync(stop.Token));
    }

    [Fact]
    public async Task It_hears_an_acceptance_at_once_and_waits_for_what_is_durable_when_it_wants_to()
    {
        await BeginAsync();
        store.Hold();
        var ahead = new CommitDependencies();
        Assert.IsType<Decision.Accepted>((await SendAsync(First, "vm-1", ahead)).Decision);
        Assert.IsType<Decision.Accepted>((await SendAsync(Second, "vm-1", ahead)).Decision);
        var settled = ahead.SettleAsync();
        Assert.False(settled.IsCompleted);
        Assert.Equal(0, ahead.Position);
        store.Release();

        await settled;
        Assert.True(ahead.Position > 0);
        Assert.Equal(["vm-1"], await UsesAsync(Second));
    }

    [Fact]
    public async Task What_rests_on_what_was_not_written_is_not_written_and_what_others_asked_for_is_decided_again()
    {
        var ahead = await AheadOfTheFirstAsync();
        var other = SendAsync(Second, "vm-2", ahead: null);
        await store.WriteAsync(First.Value, new QuotaReserved("vm-other", One));
        store.Release();

        await Assert.ThrowsAsync<StoreUnavailableException>(ahead.SettleAsync);
        Assert.IsType<Decision.Accepted>((await other).Decision);
        Assert.Equal(["vm-other"], await UsesAsync(First));
        Assert.Equal(["vm-2"], await UsesAsync(Second));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => SendAsync(Second, "vm-3", ahead));
    }

    [Fact]
    public async Task What_goes_out_in_one_commit_with_what_it_rests_on_is_not_written_without_it()
    {
        await BeginAsync();
        store.Hold();
        var unrelated = SendAsync(First, "vm-0", ahead: null);
        await store.Reached;
        var ahead = new CommitDependencies();
        await SendAsync(Second, "vm-1", ahead);
        await SendAsync(First, "vm-1", ahead);
        // Both wait for the next commit now, and the first of them cannot be written any more.
        await store.WriteAsync(Second.Value, new QuotaReserved("vm-other", One));
        store.Release();

        Assert.IsType<Decision.Accepted>((await unrelated).Decision);
        await Assert.ThrowsAsync<StoreUnavailableException>(ahead.SettleAsync);
        Assert.Equal(["vm-0"], await UsesAsync(First));
        Assert.Equal(["vm-other"], await UsesAsync(Second));
    }

    [Fact]
    public async Task What_rests_on_what_nobody_knows_of_is_not_written()
    {
        var ahead = await AheadOfTheFirstAsync();
        store.LosesAnswer = true;
        store.Release();

        await Assert.ThrowsAsync<StoreUnavailableException>(ahead.SettleAsync);
        Assert.Equal(["vm-1"], await UsesAsync(First));
        Assert.Empty(await UsesAsync(Second));
        // Asked again, as after a crash, it has its effect once.
        var again = new CommitDependencies();
        await SendAsync(First, "vm-1", again);
        await SendAsync(Second, "vm-1", again);
        await again.SettleAsync();
        Assert.Equal(["vm-1"], await UsesAsync(First));
        Assert.Equal(["vm-1"], await UsesAsync(Second));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await writer;
        stop.Dispose();
    }

    private Task<Reply> SendAsync(ProjectId project, string vm, CommitDependencies? ahead) =>
        owners[project.Value].HandleAsync(new ReserveQuota(project, vm, One), new Origin("token-1", $"op-{vm}", "quota"), ahead);

    /// <summary>What it asks of the first project is under way, and what it asks of the second waits behind that.</summary>
    private async Task<CommitDependencies> AheadOfTheFirstAsync()
    {
        await BeginAsync();
        store.Hold();
        var ahead = new CommitDependencies();
        await SendAsync(First, "vm-1", ahead);
        await store.Reached;
        await SendAsync(Second, "vm-1", ahead);
        return ahead;
    }

    private async Task BeginAsync()
    {
        foreach (var project in new[] { First, Second })
            await owners[project.Value].HandleAsync(new CreateProject(project, "p", Description: null, Quota.None), new Origin("token-1", "op-0", project.Value));
    }

    private async Task<IEnumerable<string>> UsesAsync(ProjectId project) =>
        (await store.ReadAsync(project.Value, 0, CancellationToken.None)).Aggregate(ProjectState.Empty, (s, e) => ProjectState.Evolve(s, e.Event)).Uses.Keys.Order(StringComparer.Ordinal);
}
