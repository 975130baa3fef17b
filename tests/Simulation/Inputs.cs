using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Simulation;

/// <summary>What a workflow about a VM is asked with, by the type of its input.</summary>
public static class Inputs
{
    public static object Of(Type input, string vm)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input == typeof(VmOrder)) return Cloud.Order(vm, cpus: 2, nics: 2);
        if (input == typeof(VmTarget)) return new VmTarget(new VmId(vm));
        if (input == typeof(RenameVm)) return new RenameVm(new VmId(vm), "another", Description: null);
        if (input == typeof(VmMigration)) return new VmMigration(new VmId(vm), To: null);
        if (input == typeof(VmSize)) return new VmSize(new VmId(vm), Cpus: 3, 2.GiB);
        if (input == typeof(VmDiscard)) return new VmDiscard(new VmId(vm), DateTimeOffset.MaxValue);
        if (input == typeof(SetHostLossPolicy)) return new SetHostLossPolicy(new VmId(vm), HostLossPolicy.Restart);
        if (input == typeof(VmFailover)) return new VmFailover(new VmId(vm), Fenced: true);
        if (input == typeof(VmStray)) return new VmStray(new VmId(vm), new("host-2"));
        throw new SimulationException($"No input of {input} about a VM: teach it.");
    }
}
