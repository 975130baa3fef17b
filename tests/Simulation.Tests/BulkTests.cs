using IaaS.Commands.Vm;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>Many VMs by one operation.</summary>
public sealed class BulkTests
{
    private static readonly OperationId Whole = new("op-test");

    [Fact]
    public void Each_is_made_with_a_name_and_ids_of_its_own()
    {
        var (machine, batch) = (Machine(Quota.None), Batch(10));
        Ask(machine, batch);
        machine.Settle();

        Assert.Empty(Checks.Of(machine));
        Assert.Equal(OperationPhase.Succeeded, machine.Ledger.Operations[Whole.Value].Phase);
        var vms = machine.Ledger.Vms.All;
        Assert.Equal(Enumerable.Range(1, 10).Select(n => batch.VmAt(n).Value), vms.Keys);
        Assert.All(vms.Values, vm => Assert.Equal(VmPhase.Running, vm.Phase));
        Assert.Equal(10, vms.Values.DistinctBy(vm => vm.Requested!.Name).Count());
        Assert.Equal(10, vms.Values.DistinctBy(vm => vm.Requested!.RootVolume).Count());
        Assert.Equal(10, vms.Values.DistinctBy(vm => vm.Nics[0].Spec.Mac).Count());
        Assert.Equal(10, vms.Values.DistinctBy(vm => vm.Nics[0].Spec.Address).Count());
        Assert.All(Enumerable.Range(1, 10), n => Assert.Equal(batch.OperationAt(Whole, n).Value, vms[batch.VmAt(n).Value].Operation));
    }

    [Fact]
    public void Where_the_quota_ends_those_that_were_made_stay_and_the_operation_says_how_many()
    {
        var machine = Machine(Quota.None with { Vms = 7 });
        Ask(machine, Batch(10));
        machine.Settle();

        Assert.Empty(Checks.Of(machine));
        Assert.Equal((7, 3), (Count(machine, VmPhase.Running), Count(machine, VmPhase.Failed)));
        var error = machine.Ledger.Operations[Whole.Value].Failure!.Error;
        Assert.Equal("vm.some-failed", error.Code);
        Assert.StartsWith("3 of 10 VMs could not be made; 7 were made and stay.", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CommitFault.CrashBefore)]
    [InlineData(CommitFault.CrashAfter)]
    [InlineData(CommitFault.AnswerLost)]
    public void Broken_at_any_commit_while_some_fail_each_is_made_once_or_not_at_all(CommitFault fault)
    {
        for (var (nth, more) = (1, true); more; nth++)
        {
            var machine = Machine(Quota.None with { Vms = 3 }, new Faults { MostCrashes = 1 });
            var commits = 0;
            machine.Store.Next = _ => ++commits == nth ? fault : CommitFault.None;
            Ask(machine, Batch(5));
            machine.Settle();

            Assert.Empty(Checks.Of(machine));
            Assert.Equal((3, 2), (Count(machine, VmPhase.Running), Count(machine, VmPhase.Failed)));
            Assert.Equal("vm.some-failed", machine.Ledger.Operations[Whole.Value].Failure!.Error.Code);
            more = commits >= nth;
        }
    }

    [Fact]
    public void Asked_for_again_under_its_name_it_makes_nothing_more()
    {
        var machine = Machine(Quota.None);
        Ask(machine, Batch(4));
        machine.Settle();
        var before = machine.Store.Log.Count;
        Ask(machine, Batch(4));
        machine.Settle();

        Assert.Equal(before, machine.Store.Log.Count);
        Assert.True(machine.Acknowledged[Whole.Value].Repeated);
    }

    [Fact]
    public void Given_up_it_begins_no_more_and_those_that_have_begun_come_to_their_ends()
    {
        const int All = 160;
        HashSet<int> made = [];
        for (var moment = 0; moment < 800; moment += 50)
        {
            var machine = Machine(Quota.None);
            Ask(machine, Batch(All));
            machine.Scheduler.Run(() => machine.Ledger.Operations.Has(Whole.Value));
            machine.After(TimeSpan.FromMilliseconds(moment), () => machine.Cancel(Whole));
            machine.Settle();

            Assert.Empty(Checks.Of(machine));
            var running = Count(machine, VmPhase.Running);
            if (machine.Ledger.Operations[Whole.Value].Failure is { Error.Code: var code }) Assert.Equal("operation.cancelled", code);
            // It was too late.
            else Assert.Equal(All, running);
            made.Add(running);
        }

        Assert.Contains(All, made);
        Assert.True(made.Count > 2 && made.Min() < All, $"Whenever it is given up, {string.Join(',', made)} are made.");
    }

    private static int Count(SimMachine machine, VmPhase phase) => machine.Ledger.Vms.All.Values.Count(v => v.Phase == phase);

    private static VmBatch Batch(int count) => new(Cloud.Order("vm-many"), count);

    private static SimMachine Machine(Quota quota, Faults? faults = null) => new(seed: 1, new Cloud(Hosts: 20, Addresses: 200, Quota: quota), faults ?? Faults.None);

    private static void Ask(SimMachine machine, VmBatch batch) => machine.Ask(SimMachine.Request(Whole.Value, CreateVmsWorkflow.Name, Cloud.Project.Value, batch));
}
