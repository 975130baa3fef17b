using IaaS.Commands.Audit;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>What never succeeds is left to an administrator, and the rest of the operation goes on, whatever else fails.</summary>
public sealed class HandOverTests
{
    private static readonly OperationId Operation = new("op-test");
    private static readonly WorkflowCatalog Catalog = new();

    /// <summary>Every step that hosts carry out and that is undone, or cannot fail.</summary>
    public static TheoryData<string, string, bool> EveryStep
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var name in CrashMatrixTests.Names)
            {
                foreach (var step in Catalog[name].Steps)
                {
                    if (step.Kind is StepKind.Wish && step.CanUndo) data.Add(name, step.Name, p3: true);
                    if (step.Kind is not StepKind.Command && step.MustSucceed) data.Add(name, step.Name, p3: false);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(EveryStep))]
    public async Task A_step_that_never_succeeds_is_handed_over_and_the_rest_goes_on(string workflow, string step, bool undo)
    {
        var machine = Stuck(workflow, step, undo, Faults.None);
        var admin = new Administrator(machine, step: null);
        machine.Settle();
        // Skipped, or without anything to ask for: it does not fail.
        if (machine.Drivers.Faulted == 0) return;

        AssertHandedOver(machine, step, undo);
        Assert.Null(admin.Answer);
        // Repeated, by its reason or by its step, it is the same; another is not.
        Assert.Null(await AskAsync(machine, new HandOver(step, "again", "token-9")));
        Assert.Null(await AskAsync(machine, new HandOver(Step: null, Administrator.Reason, "token-9")));
        Assert.Equal("operation.over", ((await AskAsync(machine, new HandOver("other", "again", "token-9"))))?.Code);
        AssertHandedOver(machine, step, undo);
    }

    public static TheoryData<CommitFault, bool> EveryCommitFault
    {
        get
        {
            var data = new TheoryData<CommitFault, bool>();
            foreach (var fault in Enum.GetValues<CommitFault>().Where(f => f is not CommitFault.None))
            {
                data.Add(fault, p2: true);
                data.Add(fault, p2: false);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(EveryCommitFault))]
    public void Broken_at_any_commit_it_is_handed_over_once_and_ends(CommitFault fault, bool undo)
    {
        var (workflow, step) = undo ? (CreateVmWorkflow.Name, "domain") : (DestroyVmWorkflow.Name, "disk");
        for (var (nth, commits) = (1, 0); commits >= nth - 1; nth++)
        {
            commits = 0;
            var failAt = nth;
            var machine = Stuck(workflow, step, undo, new Faults { MostCrashes = 1 }, m => m.Store.Next = _ => ++commits == failAt ? fault : CommitFault.None);
            _ = new Administrator(machine, step);
            machine.Settle();
            // A client that gave up before the control plane was back asked for nothing.
            if (machine.Ledger.Operations.Has(Operation.Value)) AssertHandedOver(machine, step, undo);
        }
    }

    [Fact]
    public async Task What_does_not_wait_is_not_handed_over()
    {
        var machine = CrashMatrixTests.Prepared(CreateVmWorkflow.Name, Faults.None);
        machine.Drivers.Next = (task, _) => CrashMatrixTests.IsStep(task, "disk") ? WishFault.AnswerLost : WishFault.None;
        machine.Ask(SimMachine.Request(Operation.Value, CreateVmWorkflow.Name, "vm-1", Cloud.Order("vm-1", cpus: 2, nics: 2)));
        machine.Scheduler.Run(() => machine.Drivers.Wishes > 0);

        Assert.Equal("operation.not-stuck", (await AskAsync(machine, new HandOver(Step: null, "why not", "token-9")))?.Code);
        Assert.Equal("op.not-found", (await AskAsync(machine, new HandOver(Step: null, "why not", "token-9"), new("op-none")))?.Code);
        machine.Settle();
        Assert.Empty(Checks.Of(machine));
    }

    [Fact]
    public async Task Of_two_steps_that_wait_one_after_the_other_a_repeat_hands_over_the_first_alone()
    {
        var machine = CrashMatrixTests.Prepared(DestroyVmWorkflow.Name, Faults.None);
        machine.Drivers.Next = (task, _) => CrashMatrixTests.IsStep(task, "nics") || CrashMatrixTests.IsStep(task, "disk") ? WishFault.FailsForGood : WishFault.None;
        machine.Ask(SimMachine.Request(Operation.Value, DestroyVmWorkflow.Name, "vm-1", new VmTarget(new VmId("vm-1"))));
        Later(machine);
        Assert.Null(await AskAsync(machine, new HandOver(Step: null, "the host has burnt down", "token-9")));

        // The disk does not succeed either; whoever repeats the first request does not hand it over.
        Later(machine);
        Assert.Null(await AskAsync(machine, new HandOver(Step: null, "the host has burnt down", "token-9")));
        Assert.Equal("operation.not-stuck", (await AskAsync(machine, new HandOver("volume", "x", "token-9")))?.Code);
        Assert.Equal(["nics"], machine.Ledger.Operations[Operation.Value].HandedOver.Select(h => h.Step));
        Assert.Null(await AskAsync(machine, new HandOver("disk", "so has the storage", "token-9")));
        machine.Settle();

        Assert.Equal(["nics", "disk"], machine.Ledger.Operations[Operation.Value].HandedOver.Select(h => h.Step));
        Assert.Equal(OperationPhase.Succeeded, machine.Ledger.Operations[Operation.Value].Phase);
    }

    private static SimMachine Stuck(string workflow, string step, bool undo, Faults faults, Action<SimMachine>? then = null)
    {
        var machine = CrashMatrixTests.Prepared(workflow, faults);
        machine.Drivers.Next = (task, _) => CrashMatrixTests.IsStep(task, step) || (undo && task.StartsWith($"{Operation}/{step}/undo", StringComparison.Ordinal))
            ? WishFault.FailsForGood : WishFault.None;
        then?.Invoke(machine);
        CrashMatrixTests.Begin(machine, workflow, settle: false);
        return machine;
    }

    private static async Task<Rejection?> AskAsync(SimMachine machine, HandOver asked, OperationId? operation = null)
    {
        var process = machine.Process;
        var answer = process.Lane.Ask(() => process.Engine.HandOverAsync(operation ?? Operation, asked));
        machine.Scheduler.Run(() => answer.IsCompleted);
        return await answer;
    }

    private static void Later(SimMachine machine)
    {
        var until = machine.Scheduler.Now + TimeSpan.FromMinutes(5);
        machine.Scheduler.Run(() => machine.Scheduler.Now >= until);
    }

    private static void AssertHandedOver(SimMachine machine, string step, bool undo)
    {
        var happened = Assert.Single(machine.Store.Log, e => e.Event is OperationHandedOver);
        Assert.Equal((step, "token-9"), (((OperationHandedOver)happened.Event).Step, happened.Origin.Actor));
        Assert.Equal(undo ? OperationPhase.Failed : OperationPhase.Succeeded, machine.Ledger.Operations[Operation.Value].Phase);
        // Something may be left on a host. In the log everything adds up.
        Assert.Empty(Invariants.Of(machine.Ledger.Cloud, machine.Scheduler.Now));
        Assert.Equal(step, Assert.Single(machine.Ledger.Cloud.HandedOver).Step);
    }

    /// <summary>Asks until it is so.</summary>
    private sealed class Administrator
    {
        public const string Reason = "the storage has gone for ever";
        private readonly SimMachine machine;
        private readonly string? step;
        private int asked;

        public Administrator(SimMachine machine, string? step)
        {
            (this.machine, this.step) = (machine, step);
            machine.After(TimeSpan.FromSeconds(10), Try);
        }

        public Rejection? Answer { get; private set; } = new(RejectionKind.Unavailable, "test.none", "No answer.");

        private void Try()
        {
            var process = machine.Process;
            _ = process.Lane.Ask(async () =>
            {
                // The sweep, which a process makes every few seconds.
                await process.Engine.ResumeAsync(machine.Ledger, process, CancellationToken.None);
                return Answer = await process.Engine.HandOverAsync(Operation, new HandOver(step, Reason, "token-9"));
            });
            machine.After(TimeSpan.FromSeconds(20), () =>
            {
                if (Answer is not null && ++asked < 200) Try();
            });
        }
    }
}
