using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>An operation that somebody gives up, at any moment of it.</summary>
public sealed class CancelTests
{
    private static readonly OperationId Operation = new("op-test");

    [Theory]
    [InlineData(CreateVmWorkflow.Name)]
    [InlineData(StartVmWorkflow.Name)]
    [InlineData(StopVmWorkflow.Name)]
    [InlineData(RebootVmWorkflow.Name)]
    [InlineData(DestroyVmWorkflow.Name)]
    public async Task Given_up_at_any_moment_it_is_undone_or_goes_through_and_says_which(string workflow)
    {
        HashSet<string> answers = new(StringComparer.Ordinal);
        for (var moment = 0; moment < 700; moment += 3)
        {
            var machine = Prepared(workflow, Faults.None);
            var answer = await CancelAtAsync(machine, workflow, moment);
            var phase = machine.Ledger.Operations[Operation.Value].Phase;
            answers.Add(answer is null ? "undone" : answer.Code);

            Assert.Empty(Checks.Of(machine));
            Assert.Equal(answer is null ? OperationPhase.Failed : OperationPhase.Succeeded, phase);
            if (answer is null) Assert.Equal("operation.cancelled", machine.Ledger.Operations[Operation.Value].Failure!.Error.Code);
            Assert.Equal(answer is null ? 1 : 0, machine.Store.Log.Count(e => e.Event is OperationCancelled { By: "token-2" }));
        }

        Assert.Contains("operation.over", answers);
        if (workflow == CreateVmWorkflow.Name) Assert.Contains("undone", answers);
        if (workflow == DestroyVmWorkflow.Name) Assert.Contains("operation.too-late", answers);
    }

    [Theory]
    [InlineData(CommitFault.CrashBefore)]
    [InlineData(CommitFault.CrashAfter)]
    [InlineData(CommitFault.AnswerLost)]
    public async Task Given_up_while_all_else_fails_nothing_is_left(CommitFault fault)
    {
        for (var nth = 1; nth < 12; nth++)
        {
            for (var moment = 0; moment < 500; moment += 25)
            {
                var machine = Prepared(CreateVmWorkflow.Name, new Faults { MostCrashes = 1 });
                var commits = 0;
                machine.Store.Next = _ => ++commits == nth ? fault : CommitFault.None;
                await CancelAtAsync(machine, CreateVmWorkflow.Name, moment);

                Assert.Empty(Checks.Of(machine));
            }
        }
    }

    [Fact]
    public void An_undo_that_does_not_succeed_is_tried_again_when_somebody_says_so()
    {
        var machine = Prepared(CreateVmWorkflow.Name, Faults.None);
        List<DateTimeOffset> undos = [];
        machine.Drivers.Next = (task, _) =>
        {
            if (task == "op-test/domain") return WishFault.FailsForGood;
            if (!task.StartsWith("op-test/domain/undo", StringComparison.Ordinal)) return WishFault.None;
            undos.Add(machine.Scheduler.Now);
            return undos.Count < 9 ? WishFault.FailsForGood : WishFault.None;
        };
        Ask(machine, CreateVmWorkflow.Name);
        machine.Scheduler.Run(() => undos.Count == 8);
        var process = machine.Process;
        machine.After(TimeSpan.FromSeconds(1), () => _ = process.Lane.Ask(() => process.Engine.RetryAsync(Operation)));
        machine.Settle();

        Assert.InRange(undos[8] - undos[7], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Assert.Empty(Checks.Of(machine));
    }

    private static async Task<Rejection?> CancelAtAsync(SimMachine machine, string workflow, int milliseconds)
    {
        Task<Rejection?>? answer = null;
        Ask(machine, workflow);
        machine.Scheduler.Run(() => machine.Ledger.Operations.Has(Operation.Value));
        machine.After(TimeSpan.FromMilliseconds(milliseconds), () =>
        {
            var process = machine.Process;
            answer = process.Lane.Ask(() => process.Engine.CancelAsync(Operation, "token-2"));
        });
        machine.Settle();
        return answer is { IsCompletedSuccessfully: true } ? await answer : null;
    }

    private static void Ask(SimMachine machine, string workflow)
    {
        object input = workflow == CreateVmWorkflow.Name ? Cloud.Order("vm-1", cpus: 2, nics: 2) : new VmTarget(new VmId("vm-1"));
        machine.Ask(SimMachine.Request(Operation.Value, workflow, "vm-1", input));
    }

    private static SimMachine Prepared(string workflow, Faults faults)
    {
        var machine = new SimMachine(seed: 1, new Cloud(Hosts: 2), faults);
        string[] before = workflow switch
        {
            CreateVmWorkflow.Name => [],
            StartVmWorkflow.Name => [CreateVmWorkflow.Name, StopVmWorkflow.Name],
            _ => [CreateVmWorkflow.Name],
        };
        foreach (var name in before)
        {
            object input = name == CreateVmWorkflow.Name ? Cloud.Order("vm-1", cpus: 2, nics: 2) : new VmTarget(new VmId("vm-1"));
            machine.Ask(SimMachine.Request($"op-{name}", name, "vm-1", input));
            machine.Settle();
        }

        return machine;
    }
}
