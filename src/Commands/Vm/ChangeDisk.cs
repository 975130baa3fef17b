using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Vm;

/// <summary>Keeps a stopped VM stopped while something is done to one of its disks.</summary>
public sealed record BeginChangeDisk(VmId Vm, VolumeId Volume, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.Begin(state, Vm, Operation, "work on a disk of", VmPhase.ChangingDisk,
        new VmChangingDisk(Volume, Operation), VmPhase.Stopped);
}

public sealed record MarkVmDiskChanged(VmId Vm, VolumeId Volume, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.ChangingDisk, new VmDiskChanged(Volume, Operation));
}
