using System.Text.Json;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Simulation;
using IaaS.Tests;

namespace IaaS.Domain.Tests;

/// <summary>Real streams, recorded once and read for ever: what was written by any version must give the same state in this one.</summary>
public sealed class HistoryTests
{
    [Fact]
    public void The_life_of_a_vm_as_it_was_recorded_gives_the_same_state()
    {
        var ledger = Replay("vm-life.json", Live);

        Assert.Equal(VmPhase.Destroyed, ledger.Vms["vm-1"].Phase);
        Assert.Equal(VmPhase.Running, ledger.Vms["vm-2"].Phase);
        Assert.Equal(VmPhase.Failed, ledger.Vms["vm-3"].Phase);
        Assert.Equal("simulator.fault", ledger.Operations["op-7"].Failure!.Error.Code);
        Assert.Equal(OperationPhase.Succeeded, ledger.Operations["op-5"].Phase);
        Assert.Equal(2, Assert.Single(ledger.Hosts.All.Values).UsedCpus);
        Assert.Equal(["nic-vm-2-0"], ledger.Networks["l3-1"].Addresses.Keys);
        Assert.Equal(1, ledger.Projects["project-1"].Used.Vms);
        Assert.Empty(ledger.Open);
        Assert.Empty(ledger.Violations);
    }

    private static SimMachine Live()
    {
        var machine = new SimMachine(seed: 1, new Cloud(Hosts: 1, Storages: 1), Faults.None);
        machine.Drivers.Next = (task, _) => task == "op-7/domain" ? WishFault.FailsForGood : WishFault.None;
        var target = new VmTarget(new VmId("vm-1"));
        (string, string, object)[] asked =
        [
            ("vm-1", CreateVmWorkflow.Name, Cloud.Order("vm-1")), ("vm-1", StopVmWorkflow.Name, target), ("vm-1", StartVmWorkflow.Name, target),
            ("vm-1", RebootVmWorkflow.Name, target), ("vm-1", DestroyVmWorkflow.Name, target),
            ("vm-2", CreateVmWorkflow.Name, Cloud.Order("vm-2", cpus: 2)), ("vm-3", CreateVmWorkflow.Name, Cloud.Order("vm-3", nics: 2)),
        ];
        for (var i = 0; i < asked.Length; i++)
        {
            machine.Ask(SimMachine.Request($"op-{i + 1}", asked[i].Item2, asked[i].Item1, asked[i].Item3));
            machine.Settle();
        }

        return machine;
    }

    /// <summary>The file is never written again once it is there: a new history gets a new file.</summary>
    private static Ledger Replay(string name, Func<SimMachine> live)
    {
        var path = Repository.PathOf("tests", "Histories", name);
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("CI") is null) File.WriteAllText(path, live().Store.Lines.ReplaceLineEndings("\n"));
        var (ledger, names) = (new Ledger(), new EventNames());
        foreach (var line in File.ReadLines(path))
        {
            var at = JsonDocument.Parse(line).RootElement;
            ledger.Seen(new Recorded(
                EventNames.Today((IEvent)at.GetProperty("data").Deserialize(names.TypeOf(at.GetProperty("name").GetString()!), DomainJson.Options)!),
                at.GetProperty("stream").GetString()!, at.GetProperty("version").GetInt64(), at.GetProperty("position").GetInt64(),
                at.GetProperty("at").GetDateTimeOffset(), at.GetProperty("origin").Deserialize<Origin>(DomainJson.Options)!));
        }

        return ledger;
    }
}
