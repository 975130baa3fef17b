using System.Globalization;
using IaaS.Commands.Vm;
using IaaS.Domain.Vm;

namespace IaaS.Simulation;

/// <summary>One seed is one history: what is asked, when, what fails, and in what order everything happens.</summary>
public static class SimulationRun
{
    /// <summary>Asks for things at random, lets it come to rest and checks everything.</summary>
    /// <param name="seed">Decides every draw.</param>
    /// <param name="actions">How many things clients ask for.</param>
    /// <param name="faults">What goes wrong meanwhile.</param>
    /// <param name="cloud">What is there before; null for three small hosts, so that room and addresses run out.</param>
    /// <exception cref="SimulationException">Something does not hold; the message has the seed and the log of actions.</exception>
    public static SimMachine Run(int seed, int actions, Faults faults, Cloud? cloud = null)
    {
        var machine = new SimMachine(seed, cloud ?? new Cloud(), faults);
        var chance = machine.Scheduler.Chance;
        var at = TimeSpan.Zero;
        var vms = 0;
        for (var i = 1; i <= actions; i++)
        {
            at += TimeSpan.FromMilliseconds(chance.Next(4) == 0 ? chance.Next(20_000) : chance.Next(200));
            var operation = string.Create(CultureInfo.InvariantCulture, $"op-{i:00000}");
            var create = vms == 0 || chance.Next(100) < 45;
            var repeat = chance.Next(100);
            var vm = create && (vms == 0 || repeat >= 6) ? ++vms : 1 + chance.Next(vms);
            var request = create ? Create(operation, vm, chance) : Change(operation, vm, chance);
            machine.After(at, () => machine.Ask(request));
            if (repeat is >= 90) machine.After(at + TimeSpan.FromMilliseconds(chance.Next(100)), () => machine.Ask(request));
        }

        try
        {
            machine.Settle();
        }
        catch (SimulationException e)
        {
            throw Failed(machine, [e.Message, .. Checks.Of(machine)]);
        }

        var wrong = Checks.Of(machine);
        return wrong.Count == 0 ? machine : throw Failed(machine, wrong);
    }

    public static SimulationException Failed(SimMachine machine, IReadOnlyList<string> wrong)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return new($"""
            Seed {machine.Seed}:
              {string.Join("\n  ", wrong)}
            What happened:
              {string.Join("\n  ", machine.Notes)}
            The log:
              {machine.Store.Lines.ReplaceLineEndings("\n  ")}
            """);
    }

    private static Commands.Kernel.Operations.OperationRequest Create(string operation, int vm, Random chance) =>
        SimMachine.Request(operation, CreateVmWorkflow.Name, $"vm-{vm}", Cloud.Order($"vm-{vm}", 1 + chance.Next(3), chance.Next(3),
            address: chance.Next(10) == 0 ? "10.0.1.5" : null));

    private static Commands.Kernel.Operations.OperationRequest Change(string operation, int vm, Random chance)
    {
        var target = new VmTarget(new VmId($"vm-{vm}"), Force: chance.Next(2) == 0);
        string[] verbs = [StopVmWorkflow.Name, StopVmWorkflow.Name, StartVmWorkflow.Name, StartVmWorkflow.Name, RebootVmWorkflow.Name, DestroyVmWorkflow.Name];
        return SimMachine.Request(operation, verbs[chance.Next(verbs.Length)], target.Vm.Value, target);
    }
}
