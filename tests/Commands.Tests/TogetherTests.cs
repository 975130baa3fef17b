using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Project;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>An operation whose owners answer at once, as they do in one process: what it hands over between two waits is one commit.</summary>
public sealed class TogetherTests : IStreams, IDrivers, IBackground
{
    private static readonly ProjectId Second = new("project-2");
    private static readonly QuotaUse One = new(1, 1, 1.GiB, 1.GiB);

    private static readonly Workflow<string> Workflow = new("test.take",
    [
        new("first", StepKind.Command, r => new ReserveQuota(Bench.Project, r.Input, One), r => new ReleaseQuota(Bench.Project, r.Input)),
        new("second", StepKind.Command, r => new ReserveQuota(Second, r.Input, One), r => new ReleaseQuota(Second, r.Input)),
        new("disk", StepKind.Wish, r => EnsureDisk.Empty(new HostId("host-1"), VolumeId.Of("volume-1"), "", 1.GiB)),
        new("given", StepKind.Command, r => new ReleaseQuota(Bench.Project, r.Input)) { MustSucceed = true },
    ]);

    private static readonly Workflow<string> Change = new("test.change",
        [new("change", StepKind.Command, r => new SetQuota(Second, Quota.None with { Vms = r.Input.Length }))]);

    private readonly Bench bench = new(Quota.None);
    private readonly Dictionary<string, IStreamOwner> owners = new(StringComparer.Ordinal);
    private readonly StreamKinds kinds;
    private readonly OperationEngine engine;

    public TogetherTests()
    {
        bench.Store.Seed(Second.Value, new ProjectCreated(Second, "p", Description: null, Quota.None));
        kinds = new StreamKinds([], bench.Store, bench.Commits, bench.Lane.Time);
        engine = new OperationEngine(new WorkflowCatalog([Workflow, Change]), bench.Store, bench.Commits, new RequestPerformer(this, this, [], []), this, bench.Lane.Time, new Node("node-1"),
            NullLogger<OperationEngine>.Instance);
    }

    [Fact]
    public async Task What_it_hands_over_between_two_waits_is_one_commit()
    {
        // Owners read their streams when they are asked for the first time.
        await RunAsync("op-1", "vm-1");
        var before = bench.Commits.Count;
        var report = await RunAsync("op-2", "vm-2");

        Assert.Equal(OperationPhase.Succeeded, report.State.Phase);
        // The operation, both projects; its record, what is given back, its end.
        Assert.Equal((2, 6), (bench.Commits.Count.Commits - before.Commits, bench.Commits.Count.Events - before.Events));
    }

    [Fact]
    public async Task An_owner_that_has_to_read_its_stream_is_not_waited_for_by_the_writer()
    {
        var report = await RunAsync("op-1", "vm-1");

        Assert.Equal(OperationPhase.Succeeded, report.State.Phase);
        Assert.Equal(6, bench.Commits.Count.Events);
    }

    [Fact]
    public async Task A_change_of_one_thing_is_one_commit_for_who_asks_for_the_first_time_need_not_be_looked_for()
    {
        await RunAsync("op-1", "vm-1", Change.Name);
        var before = bench.Commits.Count;

        var report = await RunAsync("op-2", "vm-22", Change.Name);

        Assert.Equal(OperationPhase.Succeeded, report.State.Phase);
        // The operation, the change, its end.
        Assert.Equal((1, 3), (bench.Commits.Count.Commits - before.Commits, bench.Commits.Count.Events - before.Events));
    }

    Task<Reply> IStreams.SendAsync(ICommand command, Origin origin, CommitDependencies? ahead)
    {
        if (!owners.TryGetValue(command.Stream, out var owner)) owners[command.Stream] = owner = kinds.Own(command.Stream);
        return owner.HandleAsync(command, origin, ahead);
    }

    Task<Outcome> IDrivers.PerformAsync(string task, Wish wish, CancellationToken ct) => Task.FromResult<Outcome>(new Outcome.Done());

    void IBackground.Start(Func<Task> work) => bench.Lane.Start(work);

    private async Task<OperationReport> RunAsync(string operation, string holder, string workflow = "test.take")
    {
        var id = OperationId.Of(operation);
        var answer = bench.Lane.Ask(async () =>
        {
            await engine.StartAsync(new OperationRequest(id, workflow, holder, Bench.Project.Value, holder, "token-1", Fingerprint: "") { IsNew = true });
            return (await engine.WaitAsync(id, CancellationToken.None))!;
        });
        bench.Scheduler.Run(() => answer.IsCompleted);
        return await answer;
    }
}
