using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Operation;
using IaaS.Simulation;

namespace IaaS.Commands.Tests;

public sealed class TurnsTests
{
    [Fact]
    public void So_many_have_a_turn_at_once_and_the_next_gets_one_that_is_given_back()
    {
        var turns = new Turns(2);
        Assert.True(turns.TakeAsync("a", hasBegun: false).IsCompleted);
        Assert.True(turns.TakeAsync("a", hasBegun: false).IsCompleted);
        var third = turns.TakeAsync("a", hasBegun: false);
        Assert.False(third.IsCompleted);

        turns.Give();

        Assert.True(third.IsCompletedSuccessfully);
        Assert.Equal(0, turns.Waiting);
    }

    [Fact]
    public void Owners_come_in_turn_whatever_each_of_them_has_waiting()
    {
        var turns = new Turns(1);
        _ = turns.TakeAsync("a", hasBegun: false);
        var many = Enumerable.Range(0, 1_000).Select(_ => turns.TakeAsync("a", hasBegun: false)).ToList();
        var single = turns.TakeAsync("b", hasBegun: false);

        turns.Give();
        turns.Give();

        Assert.True(single.IsCompletedSuccessfully);
        Assert.True(many.Count(t => t.IsCompleted) == 1);
    }

    [Fact]
    public void What_has_begun_comes_before_what_has_not_and_else_the_first_is_first()
    {
        var turns = new Turns(1);
        _ = turns.TakeAsync("a", hasBegun: false);
        Task[] waiting = [turns.TakeAsync("a", false), turns.TakeAsync("a", false), turns.TakeAsync("a", true), turns.TakeAsync("a", true)];
        List<int> order = [];
        foreach (var _ in waiting)
        {
            turns.Give();
            order.Add(Enumerable.Range(0, waiting.Length).First(i => waiting[i].IsCompleted && !order.Contains(i)));
        }

        Assert.Equal([2, 3, 0, 1], order);
    }

    [Fact]
    public void A_turn_that_nobody_waits_for_is_kept_for_the_next()
    {
        var turns = new Turns(1);
        _ = turns.TakeAsync("a", hasBegun: false);
        turns.Give();

        Assert.True(turns.TakeAsync("b", hasBegun: false).IsCompleted);
        Assert.False(turns.TakeAsync("b", hasBegun: false).IsCompleted);
    }

    [Fact]
    public async Task Who_waits_for_something_leaves_his_turn_to_others_and_has_it_again_afterwards()
    {
        var turns = new Turns(1);
        var (first, second) = (new Turn(turns, "a"), new Turn(turns, "b"));
        await first.TakeAsync();
        var answer = new TaskCompletionSource();
        var waiting = first.WaitAsync(answer.Task);
        await second.TakeAsync();
        answer.SetResult();
        Assert.False(waiting.IsCompleted);

        second.Give();

        await waiting;
        Assert.False(turns.TakeAsync("b", hasBegun: false).IsCompleted);
    }

    [Fact]
    public void A_project_with_sixty_operations_does_not_keep_the_single_one_of_another_waiting()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        for (var i = 0; i < 60; i++) machine.Ask(SimMachine.Request($"op-{i}", CreateVmWorkflow.Name, $"vm-{i}", Cloud.Order($"vm-{i}")));
        machine.Ask(SimMachine.Request("op-single", CreateVmWorkflow.Name, "vm-single", Cloud.Order("vm-single")) with { Project = "project-other" });

        machine.Settle();

        var begun = machine.Store.Log.Where(e => e.Event is OperationStarted).Select(e => e.Stream).ToList();
        Assert.Equal(61, machine.Store.Log.Count(e => e.Event is OperationSucceeded or OperationFailed));
        Assert.Equal(61, begun.Count);
        // Those that had a turn before it came, and one more in between. How soon which of them ends, its host decides.
        Assert.InRange(begun.IndexOf("op-single"), 0, new Cloud().AtOnce + 1);
    }
}
