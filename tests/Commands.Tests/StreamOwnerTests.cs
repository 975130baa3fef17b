using IaaS.Commands.Kernel;
using IaaS.Commands.Project;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Simulation;

namespace IaaS.Commands.Tests;

public sealed class StreamOwnerTests
{
    private static readonly QuotaUse One = new(1, 1, 1.GiB, 1.GiB);

    [Fact]
    public async Task Five_hundred_commands_at_once_go_out_in_few_appends_and_each_gets_its_answer()
    {
        var bench = new Bench(new Quota(Vms: 400, null, null, null));
        var answers = bench.Send([.. Enumerable.Range(0, 500).Select(i => ((ICommand)new ReserveQuota(Bench.Project, $"vm-{i}", One), Bench.By($"op-{i}")))]);
        bench.Scheduler.Run();

        var replies = await Task.WhenAll(answers);
        Assert.InRange(bench.Store.Commits, 1, 5);
        Assert.Equal(400, replies.Count(r => r.Decision is Decision.Accepted));
        Assert.All(replies.Select(r => r.Decision).OfType<Decision.Rejected>(), r => Assert.Equal("quota.exceeded", r.Reason.Code));
        for (var i = 0; i < 500; i++) Assert.Equal(replies[i].Decision is Decision.Accepted, bench.State.Uses.ContainsKey($"vm-{i}"));
    }

    [Fact]
    public void A_refusal_that_rests_on_what_is_not_committed_yet_waits_for_the_commit()
    {
        var bench = new Bench(new Quota(Vms: 1, null, null, null));
        var answers = bench.Send((new ReserveQuota(Bench.Project, "vm-1", One), Bench.By("op-1")), (new ReserveQuota(Bench.Project, "vm-2", One), Bench.By("op-2")));
        bench.Scheduler.Run(() => answers.Any(a => a.IsCompleted));

        Assert.Single(bench.State.Uses);
    }

    [Fact]
    public async Task An_observer_that_throws_costs_nobody_an_answer()
    {
        var seen = new Seen();
        var bench = new Bench(new Quota(Vms: 2, null, null, null), new Broken(), seen);
        foreach (var vm in new[] { "vm-1", "vm-2" })
        {
            var answer = Assert.Single(bench.Send((new ReserveQuota(Bench.Project, vm, One), Bench.By("op-1"))));
            bench.Scheduler.Run();
            Assert.IsType<Decision.Accepted>((await answer).Decision);
        }

        Assert.Equal(2, seen.Events);
    }

    [Fact]
    public async Task After_a_conflict_it_reads_again_and_decides_again()
    {
        var bench = new Bench(new Quota(Vms: 2, null, null, null));
        await bench.SendAsync(new ReserveQuota(Bench.Project, "vm-1", One), Bench.By("op-1"));
        bench.Store.Seed(Bench.Project.Value, new QuotaReserved("vm-other", One));

        var reply = await bench.SendAsync(new ReserveQuota(Bench.Project, "vm-2", One), Bench.By("op-2"));

        Assert.Equal("quota.exceeded", Assert.IsType<Decision.Rejected>(reply.Decision).Reason.Code);
        Assert.Equal(2, bench.State.Used.Vms);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_has_its_effect_once_and_its_caller_hears_yes()
    {
        var bench = new Bench(Quota.None);
        Lose(bench, CommitFault.AnswerLost);

        // Renaming twice is two events: only by its own append can the owner tell that it has happened.
        var reply = await bench.SendAsync(new RenameResource(Bench.Project.Value, "new", Description: null), Bench.By("op-1"));

        Assert.IsType<Decision.Accepted>(reply.Decision);
        Assert.True(reply.Position > 0);
        Assert.Single(bench.Store.Log, e => e.Event is ResourceRenamed);
    }

    [Fact]
    public async Task A_creation_whose_answer_is_lost_is_not_told_that_it_exists_already()
    {
        var bench = new Bench();
        Lose(bench, CommitFault.AnswerLost);

        Assert.IsType<Decision.Accepted>((await bench.SendAsync(new CreateProject(Bench.Project, "p", Description: null, Quota.None), Bench.By("op-1"))).Decision);
        Assert.Single(bench.Store.Log);
    }

    [Fact]
    public async Task A_creation_that_is_asked_again_by_the_same_step_is_so_already_and_by_another_is_refused()
    {
        var bench = new Bench();
        var create = new CreateProject(Bench.Project, "p", Description: null, Quota.None);
        await bench.SendAsync(create, Bench.By("op-1"));

        Assert.IsType<Decision.Accepted>((await bench.SendAsync(create, Bench.By("op-1"))).Decision);
        Assert.IsType<Decision.Rejected>((await bench.SendAsync(create, Bench.By("op-2"))).Decision);
        Assert.IsType<Decision.Rejected>((await bench.SendAsync(create, Origin.System)).Decision);
        Assert.Single(bench.Store.Log);
    }

    [Fact]
    public async Task A_commit_that_fails_is_tried_again()
    {
        var bench = new Bench(Quota.None);
        Lose(bench, CommitFault.Fails);

        Assert.IsType<Decision.Accepted>((await bench.SendAsync(new ReserveQuota(Bench.Project, "vm-1", One), Bench.By("op-1"))).Decision);
        Assert.Equal(1, bench.State.Used.Vms);
    }

    [Fact]
    public async Task A_store_that_stays_away_is_told_to_the_caller_as_something_that_may_pass()
    {
        var bench = new Bench(Quota.None);
        bench.Store.Next = _ => CommitFault.Fails;

        var reply = await bench.SendAsync(new ReserveQuota(Bench.Project, "vm-1", One), Bench.By("op-1"));

        var why = Assert.IsType<Decision.Rejected>(reply.Decision).Reason;
        Assert.Equal(("store.unavailable", RejectionKind.Unavailable), (why.Code, why.Kind));
    }

    [Fact]
    public async Task A_decider_that_throws_does_not_take_its_neighbours_along()
    {
        var bench = new Bench(Quota.None);
        var answers = bench.Send((new Throwing(), Bench.By("op-1")), (new ReserveQuota(Bench.Project, "vm-1", One), Bench.By("op-2")));
        bench.Scheduler.Run();

        await Assert.ThrowsAsync<InvalidOperationException>(() => answers[0]);
        Assert.IsType<Decision.Accepted>((await answers[1]).Decision);
    }

    [Fact]
    public async Task The_writer_keeps_a_second_append_to_a_stream_for_the_next_commit()
    {
        var bench = new Bench();
        Append Of(long expected) => new("project-2", expected, [new ResourceEnabled()], [Origin.System]);
        List<int> sizes = [];
        bench.Store.Next = batch =>
        {
            sizes.Add(batch.Count);
            return CommitFault.None;
        };
        var answers = new[] { bench.Lane.Ask(() => Both()) };
        bench.Scheduler.Run();

        Assert.Equal([1, 1], sizes);
        Assert.All(await answers[0], a => Assert.NotNull(a));

        async Task<long?[]> Both()
        {
            var (first, second) = (bench.Commits.AppendAsync(Of(0)), bench.Commits.AppendAsync(Of(1)));
            return [await first, await second];
        }
    }

    private static void Lose(Bench bench, CommitFault first)
    {
        var commits = 0;
        bench.Store.Next = _ => commits++ == 0 ? first : CommitFault.None;
    }

    private sealed record Throwing : ICommand<ProjectState>
    {
        string ICommand.Stream => Bench.Project.Value;

        public Decision Decide(ProjectState state) => throw new InvalidOperationException("a bug");
    }

    private sealed class Broken : ICommitObserver
    {
        public void Committed(long previous, IReadOnlyList<Recorded> events) => throw new InvalidOperationException("A bug.");
    }

    private sealed class Seen : ICommitObserver
    {
        public int Events { get; private set; }

        public void Committed(long previous, IReadOnlyList<Recorded> events) => Events += events.Count;
    }
}
