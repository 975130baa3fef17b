using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>Nobody knows any more whether the guest runs. One that is being changed is left to that change.</summary>
/// <param name="HostIsThere">The host is there, and says that the guest is not.</param>
/// <param name="Operation">The last that had changed the VM when that was found. One that was changed since is another matter.</param>
public sealed record LoseVm(VmId Vm, HostId Host, bool HostIsThere, string Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state.Phase is VmPhase.Running or VmPhase.Paused && state.Host == Host && string.Equals(state.Operation, Operation, StringComparison.Ordinal)
        ? Decision.Accept(HostIsThere ? new VmMissing(Host) : new VmHostLost(Host))
        : Decision.Already();
}

/// <summary>The guest runs where it is said to be.</summary>
/// <param name="Paused">It stands still.</param>
public sealed record FindVm(VmId Vm, HostId Host, bool Paused) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state.Phase is VmPhase.Unknown && state.Host == Host ? Decision.Accept(new VmFound(Host, Paused)) : Decision.Already();
}
