using IaaS.Commands.Audit;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;
using IaaS.Simulation;

namespace IaaS.Commands.Tests;

/// <summary>A log that was tampered with is told from one that adds up, whatever was done to it.</summary>
public sealed class InvariantTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_cloud_that_was_used_adds_up() => Assert.Empty(Found());

    [Fact]
    public void Capacity_without_an_owner_is_leaked() => Assert.Contains(Found(("host-1", new CapacityReserved("vm-nobody", 1, 1.GiB))), f => f is { Code: "capacity.leaked", Resource: "host-1" });

    [Fact]
    public void An_owner_without_its_address_is_told()
    {
        var nic = Cloud.Order("vm-1").Nics[0];
        Assert.Contains(Found((Cloud.Network.Value, new AddressReleased(nic.Nic, "10.0.1.1"))), f => f is { Code: "address.missing" });
    }

    [Fact]
    public void Quota_of_nobody_is_leaked() =>
        Assert.Contains(Found((Cloud.Project.Value, new QuotaReserved("vm-nobody", new(1, 1, 1.GiB, 1.GiB)))), f => f is { Code: "quota.leaked" });

    [Fact]
    public void A_vm_that_is_changed_by_nothing_is_stuck() => Assert.Contains(Found(("vm-1", new VmRebooting(new OperationId("op-gone")))), f => f is { Code: "vm.stuck", Resource: "vm-1" });

    [Fact]
    public void A_vm_that_is_gone_from_the_log_leaves_everything_leaked()
    {
        var found = Found(("vm-1", new VmDestroyed(new OperationId("op-gone"))));
        Assert.Superset(new HashSet<string>(["capacity.leaked", "space.leaked", "address.leaked", "quota.leaked", "volume.leaked"]), found.Select(f => f.Code).ToHashSet());
    }

    private static IReadOnlyList<AuditFinding> Found(params (string Stream, IEvent Event)[] tampered)
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        machine.Ask(SimMachine.Request("op-1", CreateVmWorkflow.Name, "vm-1", Cloud.Order("vm-1")));
        machine.Settle();
        var cloud = new CloudFold();
        foreach (var happened in machine.Store.Log) cloud.Add(happened);
        foreach (var (stream, happened) in tampered) cloud.Add(new Recorded(happened, stream, 99, cloud.Position + 1, Now, new Origin("test", "", "")));
        return Invariants.Of(cloud, Now);
    }
}
