using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Tests;

/// <summary>What the simulation has found in the product, each as small as it can be shown.</summary>
public sealed class FoundTests
{
    private const string Vm = "vm-1";

    /// <summary>Seeds 22 and 36, 2026-11-23: the first rename was carried out again after a crash, and took the second one's name away.</summary>
    [Fact]
    public void A_step_that_a_crash_repeats_does_not_change_back_what_another_did_since()
    {
        var machine = Renamed(then => Ask(then, "op-second", RenameVmWorkflow.Name, new RenameVm(new VmId(Vm), "second", Description: null)));

        Assert.Equal(["first", "second"], machine.Store.Peek(Vm).Select(e => e.Event).OfType<ResourceRenamed>().Select(e => e.Name));
        Assert.Equal("second", machine.Ledger.Vms[Vm].Requested!.Name);
    }

    /// <summary>Seeds 12 and 27, 2026-11-23: the VM was destroyed before the repeat, so an operation that had been told to succeed said that it failed.</summary>
    [Fact]
    public void What_was_done_before_a_crash_succeeds_although_its_subject_is_gone_since()
    {
        var machine = Renamed(then => Ask(then, "op-second", DestroyVmWorkflow.Name, new VmTarget(new VmId(Vm))));

        Assert.Equal(VmPhase.Destroyed, machine.Ledger.Vms[Vm].Phase);
        Assert.Equal(OperationPhase.Succeeded, machine.Ledger.Operations["op-first"].Phase);
    }

    /// <summary>Seed 1252, 2026-11-23: the choice of a host was skipped without a record, so after a crash the start behind it was taken for not begun, and was not undone.</summary>
    [Fact]
    public void What_came_behind_a_skipped_choice_is_undone_after_a_crash()
    {
        var machine = Created(HostLossPolicy.Restart, nics: 0);
        var host = machine.Ledger.Vms[Vm].Host!.Value;
        machine.Drivers.Domains[$"{host}/{Vm}"] = DomainState.Off;
        machine.After(TimeSpan.Zero, () => machine.Process.Lane.Start(() => machine.Process.SendAsync(new LoseVm(new VmId(Vm), host, HostIsThere: true, "op-create"), new Origin("system", "", ""))));
        machine.Settle();
        machine.Drivers.Next = (task, _) =>
        {
            if (task is "op-over/domain") machine.Crash(SimMachine.LongOutage);
            return WishFault.None;
        };

        Ask(machine, "op-over", FailOverVmWorkflow.Name, new VmFailover(new VmId(Vm), InPlace: true));
        machine.Settle();

        Assert.Equal((OperationPhase.Failed, VmPhase.Unknown), (machine.Ledger.Operations["op-over"].Phase, machine.Ledger.Vms[Vm].Phase));
        Assert.Equal(DomainState.Off, machine.Drivers.Domains[$"{host}/{Vm}"]);
        Assert.Empty(Checks.Of(machine));
    }

    /// <summary>Seed 8, 2026-11-23: the guest was gone before its pause was undone, which waited for it for ever.</summary>
    [Fact]
    public void A_pause_is_undone_although_the_guest_is_gone_since()
    {
        var machine = Created(HostLossPolicy.Wait);
        var domain = $"{machine.Ledger.Vms[Vm].Host}/{Vm}";
        machine.Drivers.Next = (task, _) =>
        {
            if (task is not "op-pause/domain") return WishFault.None;
            machine.After(TimeSpan.FromMinutes(1), () => machine.Drivers.Domains[domain] = DomainState.Off);
            return WishFault.AnswerLost;
        };

        Ask(machine, "op-pause", PauseVmWorkflow.Name, new VmTarget(new VmId(Vm)));
        machine.Settle();

        Assert.Equal((OperationPhase.Failed, VmPhase.Running), (machine.Ledger.Operations["op-pause"].Phase, machine.Ledger.Vms[Vm].Phase));
    }

    /// <summary>2026-11-23: a migration took effect after it had been given up and undone; the VM was on a host that did not know of it.</summary>
    [Fact]
    public void A_migration_that_comes_late_is_taken_back()
    {
        var machine = Created(HostLossPolicy.Wait);
        var host = machine.Ledger.Vms[Vm].Host;
        machine.Drivers.Next = (task, _) => task is "op-move/domain" ? WishFault.Late : WishFault.None;

        Ask(machine, "op-move", MigrateVmWorkflow.Name, new VmMigration(new VmId(Vm), To: null));
        machine.Settle();

        Assert.Equal((OperationPhase.Failed, host), (machine.Ledger.Operations["op-move"].Phase, machine.Ledger.Vms[Vm].Host));
        Assert.Empty(Checks.Of(machine));
    }

    /// <summary>Seed 822, 2026-11-28: the answer to a take-over was lost, the sweep took that for another's being faster, and nobody ran the operation until the next one.</summary>
    [Fact]
    public void What_was_taken_over_without_an_answer_is_taken_over_again_at_once()
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        var (crashed, lost) = (false, false);
        machine.Drivers.Next = (task, _) =>
        {
            if (task is "op-create/domain" && !crashed) crashed = machine.Crash(TimeSpan.FromSeconds(2));
            return WishFault.None;
        };
        machine.Store.Next = batch =>
        {
            if (lost || !batch.Any(a => a.Events[0] is OperationResumed)) return CommitFault.None;
            lost = true;
            return CommitFault.AnswerLost;
        };

        Ask(machine, "op-create", CreateVmWorkflow.Name, Cloud.Order(Vm));
        machine.Settle();

        var resumed = machine.Store.Peek("op-create").Where(e => e.Event is OperationResumed).ToList();
        Assert.Equal(2, resumed.Count);
        // Sooner than the next sweep, which is each 20 s.
        Assert.InRange(resumed[1].At - resumed[0].At, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Empty(Checks.Of(machine));
    }

    private static SimMachine Created(HostLossPolicy policy, int nics = 1)
    {
        var machine = new SimMachine(seed: 1, new Cloud(), Faults.None);
        machine.Ask(SimMachine.Request("op-create", CreateVmWorkflow.Name, Vm, Cloud.Order(Vm, nics: nics) with { OnHostLoss = policy }));
        machine.Settle();
        return machine;
    }

    /// <summary>A rename whose event is durable when its process ends, but not its record; something else happens before another process takes it up.</summary>
    private static SimMachine Renamed(Action<SimMachine> then)
    {
        var machine = new SimMachine(seed: 1, new Cloud(), new Faults { MostCrashes = 1 });
        machine.Ask(SimMachine.Request("op-create", CreateVmWorkflow.Name, Vm, Cloud.Order(Vm)));
        machine.Settle();
        var failing = false;
        machine.Store.Next = batch =>
        {
            // The record of the first rename cannot be written until the other is over.
            failing |= batch.Any(a => a.Stream == Vm);
            return failing && !machine.Ledger.Operations.Has("op-second") && batch.Any(a => a.Stream == "op-first") ? CommitFault.Fails
                : batch.Any(a => a.Stream == "op-first") && machine.Ledger.Operations["op-second"].Phase is OperationPhase.Running ? CommitFault.Fails : CommitFault.None;
        };
        Ask(machine, "op-first", RenameVmWorkflow.Name, new RenameVm(new VmId(Vm), "first", Description: null));
        machine.After(TimeSpan.FromSeconds(1), () => then(machine));
        machine.Settle();
        Assert.Empty(Checks.Of(machine));
        return machine;
    }

    private static void Ask(SimMachine machine, string operation, string workflow, object input) => machine.Ask(SimMachine.Request(operation, workflow, Vm, input));
}
