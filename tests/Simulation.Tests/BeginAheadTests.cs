using IaaS.Commands.Vm;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>An operation under a new id does not wait for its own beginning; what becomes of it when that fails.</summary>
public sealed class BeginAheadTests
{
    [Fact]
    public void One_whose_beginning_was_not_written_leaves_nothing_and_is_not_acknowledged()
    {
        var machine = Asked(CommitFault.Fails);

        Assert.Empty(machine.Acknowledged);
        Assert.Equal(0, machine.Process.Engine.RunningCount);
        Assert.False(machine.Ledger.Operations.Has("op-1"));
        Assert.Empty(machine.Store.Peek("vm-1"));
    }

    [Fact]
    public void One_whose_beginning_was_written_although_the_answer_was_lost_goes_on_to_its_end()
    {
        var machine = Asked(CommitFault.AnswerLost);

        Assert.Equal(OperationPhase.Succeeded, machine.Ledger.Operations["op-1"].Phase);
        Assert.Equal(VmPhase.Running, machine.Ledger.Vms["vm-1"].Phase);
    }

    [Fact]
    public void One_for_a_vm_whose_id_is_taken_after_all_is_refused_and_takes_nothing_of_it()
    {
        var machine = Asked(CommitFault.None);
        machine.Ask(Request("op-2"));
        machine.Settle();

        Assert.Equal("vm.already-exists", machine.Ledger.Operations["op-2"].Failure!.Error.Code);
        Assert.Equal(VmPhase.Running, machine.Ledger.Vms["vm-1"].Phase);
        Assert.Empty(Checks.Of(machine));
    }

    [Fact]
    public async Task What_is_told_of_it_while_it_runs_ahead_is_in_the_log()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        var id = new OperationId("op-1");
        machine.Ask(Request(id.Value));
        var told = 0;
        while (machine.Scheduler.Step())
        {
            // At once, of one that runs.
            if (!machine.Process.Engine.Runs(id)) continue;
            var state = (await machine.Process.Engine.ReadAsync(id))!.State;
            told = Math.Max(told, state.Outputs.Count);
            if (state.Outputs.ContainsKey("request")) Assert.NotEmpty(machine.Store.Peek("vm-1"));
            if (state.Outputs.ContainsKey("volume")) Assert.NotEmpty(machine.Store.Peek("volume-1"));
            Assert.All(state.Choices, c => Assert.Equal(c.Value, machine.Ledger.Operations[id.Value].Choices[c.Key]));
        }

        Assert.Empty(Checks.Of(machine));
        Assert.True(told >= 5, $"It told of {told} steps only.");
    }

    /// <param name="fault">Of the commit with the operation's beginning.</param>
    private static SimMachine Asked(CommitFault fault)
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        machine.Store.Next = batch => batch.Any(a => a.Events[0] is OperationStarted) ? fault : CommitFault.None;
        machine.Ask(Request("op-1"));
        machine.Settle();
        Assert.Empty(Checks.Of(machine));
        return machine;
    }

    private static Commands.Kernel.Operations.OperationRequest Request(string id) =>
        SimMachine.Request(id, CreateVmWorkflow.Name, "vm-1", Cloud.Order("vm-1")) with { IsNew = true, SubjectIsNew = true };
}
