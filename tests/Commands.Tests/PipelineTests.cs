using IaaS.Commands.Kernel;
using IaaS.Commands.Project;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>An owner decides while its appends are under way, on what will be when they have been written.</summary>
public sealed class PipelineTests : IAsyncDisposable
{
    private static readonly ProjectId Project = new("project-1");
    private static readonly QuotaUse One = new(1, 1, 1.GiB, 1.GiB);

    private readonly HeldStore store = new();
    private readonly CancellationTokenSource stop = new();
    private readonly StreamOwner<ProjectState> owner;
    private readonly Task writer;

    public PipelineTests()
    {
        var commits = new GroupCommit(store, [], NullLogger<GroupCommit>.Instance);
        owner = new StreamOwner<ProjectState>(Project.Value, store, commits, TimeProvider.System);
        writer = Task.Run(() => commits.RunAsync(stop.Token));
    }

    [Fact]
    public async Task What_arrives_while_a_commit_is_under_way_goes_out_in_the_next_one_as_one_append()
    {
        await BeginAsync(Quota.None);
        var first = await HoldAsync(Reserve("vm-1"));
        var others = new[] { "vm-2", "vm-3", "vm-4" }.Select(vm => SendAsync(Reserve(vm))).ToArray();
        Assert.All(others, o => Assert.False(o.IsCompleted));
        store.Release();

        Assert.All(await Task.WhenAll([first, .. others]), r => Assert.IsType<Decision.Accepted>(r.Decision));
        Assert.Equal([1, 1, 3], store.Batches);
        Assert.Equal(4, (await StateAsync()).Used.Vms);
    }

    [Fact]
    public async Task What_rests_on_an_append_that_was_not_written_is_decided_again_even_where_its_version_would_fit()
    {
        await BeginAsync(new Quota(Vms: 2, null, null, null));
        var first = await HoldAsync(Reserve("vm-1"));
        var second = SendAsync(Reserve("vm-2"));
        // As many events as the first append has: the second expects the version that the stream has now.
        await store.WriteAsync(Project.Value, new QuotaReserved("vm-other", One));
        store.Release();

        Assert.IsType<Decision.Accepted>((await first).Decision);
        Assert.Equal("quota.exceeded", Assert.IsType<Decision.Rejected>((await second).Decision).Reason.Code);
        Assert.Equal(["vm-1", "vm-other"], (await StateAsync()).Uses.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_rests_on_an_append_whose_answer_was_lost_has_its_effect_once()
    {
        await BeginAsync(Quota.None);
        var first = await HoldAsync(Rename("first"));
        var second = SendAsync(Rename("second"));
        store.LosesAnswer = true;
        store.Release();

        Assert.True((await first).Position > 0);
        Assert.IsType<Decision.Accepted>((await second).Decision);
        Assert.Equal(["first", "second"], (await store.ReadAsync(Project.Value, 0, CancellationToken.None)).Select(e => e.Event).OfType<ResourceRenamed>().Select(e => e.Name));
    }

    [Fact]
    public async Task A_refusal_that_rests_on_what_is_under_way_is_told_when_that_is_durable()
    {
        await BeginAsync(new Quota(Vms: 1, null, null, null));
        var first = await HoldAsync(Reserve("vm-1"));
        var refused = SendAsync(Reserve("vm-2"));
        Assert.False(refused.IsCompleted);
        store.Release();

        Assert.IsType<Decision.Accepted>((await first).Decision);
        Assert.IsType<Decision.Rejected>((await refused).Decision);
    }

    [Fact]
    public async Task A_refusal_that_rests_on_what_was_not_written_is_decided_again()
    {
        await BeginAsync(new Quota(Vms: 1, null, null, null));
        var first = await HoldAsync(Reserve("vm-1"));
        var refused = SendAsync(Reserve("vm-2"));
        // The first is refused now: another has raised nothing and taken its place.
        await store.WriteAsync(Project.Value, new QuotaReserved("vm-2", One));
        store.Release();

        Assert.IsType<Decision.Rejected>((await first).Decision);
        Assert.IsType<Decision.Accepted>((await refused).Decision);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await writer;
        stop.Dispose();
    }

    private static ReserveQuota Reserve(string vm) => new(Project, vm, One);

    private static RenameResource Rename(string name) => new(Project.Value, name, Description: null);

    private Task<Reply> SendAsync(ICommand command) => owner.HandleAsync(command, new Origin("token-1", "op-1", command.ToString()!));

    private async Task BeginAsync(Quota quota) => await SendAsync(new CreateProject(Project, "p", Description: null, quota));

    /// <returns>The answer to come, once its commit is under way.</returns>
    private async Task<Task<Reply>> HoldAsync(ICommand command)
    {
        store.Hold();
        var answer = SendAsync(command);
        await store.Reached;
        return answer;
    }

    private async Task<ProjectState> StateAsync() =>
        (await store.ReadAsync(Project.Value, 0, CancellationToken.None)).Aggregate(ProjectState.Empty, (s, e) => ProjectState.Evolve(s, e.Event));
}
