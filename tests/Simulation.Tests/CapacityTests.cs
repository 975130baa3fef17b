using System.Globalization;
using IaaS.Commands.Vm;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>Many at once, for what is scarce.</summary>
public sealed class CapacityTests
{
    [Fact]
    public void Of_a_thousand_vms_where_nine_hundred_fit_nine_hundred_run_and_the_others_are_told_why()
    {
        var machine = AskFor(1_000, new Cloud(Hosts: 90, CpusPerHost: 10, Addresses: 1_000));

        Assert.Equal(900, machine.Ledger.Vms.All.Values.Count(v => v.Phase is VmPhase.Running));
        Assert.Equal(100, machine.Ledger.Vms.All.Values.Count(v => v.Phase is VmPhase.Failed));
        Assert.All(machine.Ledger.Operations.All.Values.Where(o => o.Phase is OperationPhase.Failed), o => Assert.Equal("placement.no-capacity", o.Failure!.Error.Code));
        Assert.All(machine.Ledger.Hosts.All.Values, h => Assert.Equal(h.Cpus, h.UsedCpus));
    }

    [Fact]
    public void A_quota_is_given_away_to_the_last_vm_and_no_further()
    {
        var machine = AskFor(60, new Cloud(Hosts: 10, CpusPerHost: 10, Addresses: 1_000, Quota: new Quota(Vms: 40, Cpus: null, Memory: null, Storage: null)));

        Assert.Equal(40, machine.Ledger.Projects["project-1"].Used.Vms);
        Assert.All(machine.Ledger.Operations.All.Values.Where(o => o.Phase is OperationPhase.Failed), o => Assert.Equal("quota.exceeded", o.Failure!.Error.Code));
    }

    [Fact]
    public void Addresses_are_given_away_to_the_last_one_and_no_further()
    {
        var machine = AskFor(60, new Cloud(Hosts: 10, CpusPerHost: 10, Addresses: 40));

        Assert.Equal(40, machine.Ledger.Networks["l3-1"].Addresses.Count);
        Assert.All(machine.Ledger.Operations.All.Values.Where(o => o.Phase is OperationPhase.Failed), o => Assert.Equal("l3.no-address", o.Failure!.Error.Code));
    }

    [Fact]
    public void The_busier_it_is_the_fewer_commits_a_vm_takes()
    {
        var (one, many) = (AskFor(1, Large), AskFor(500, Large));

        Assert.True(many.Store.Commits < 500 * one.Store.Commits / 4, $"{many.Store.Commits} commits for 500 VMs, {one.Store.Commits} for one");
    }

    [Fact]
    public void The_same_vm_asked_for_by_many_operations_is_made_once()
    {
        var machine = new SimMachine(seed: 3, new Cloud(), Faults.All);
        for (var i = 0; i < 20; i++) machine.Ask(SimMachine.Request($"op-{i}", CreateVmWorkflow.Name, "vm-1", Cloud.Order("vm-1")));
        machine.Settle();

        Assert.Empty(Checks.Of(machine));
        Assert.Single(machine.Store.Log, e => e.Event is VmRequested);
    }

    private static Cloud Large => new(Hosts: 90, CpusPerHost: 10, Addresses: 1_000) { AtOnce = 500 };

    private static SimMachine AskFor(int vms, Cloud cloud)
    {
        var machine = new SimMachine(seed: 1, cloud, Faults.None);
        for (var i = 1; i <= vms; i++)
        {
            var vm = string.Create(CultureInfo.InvariantCulture, $"vm-{i}");
            machine.Ask(SimMachine.Request($"op-{vm}", CreateVmWorkflow.Name, vm, Cloud.Order(vm)));
        }

        machine.Settle();
        Assert.Empty(Checks.Of(machine));
        return machine;
    }
}
