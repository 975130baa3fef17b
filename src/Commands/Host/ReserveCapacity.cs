using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Host;

/// <summary>Takes a part of a host for one VM. The host decides; placement only guesses.</summary>
public sealed record ReserveCapacity(HostId Host, string Holder, int Cpus, Bytes Memory) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state)
    {
        if (state.Reservations.ContainsKey(Holder)) return Decision.Already();
        if (state.Existence is not Existence.Present) return Refuse("host.gone", "it has been removed");
        if (!state.Enabled) return Refuse("host.disabled", "it is disabled");
        if (state.Maintenance is not HostMaintenance.None) return Refuse("host.in-maintenance", "it is in maintenance, or about to be");
        if (!state.Connected) return Refuse("host.not-connected", "its agent is not connected");
        if (state.UsedCpus + Cpus > state.Cpus) return Refuse("host.full", $"it has {state.Cpus - state.UsedCpus} of {state.Cpus} virtual CPUs left, and {Cpus} were asked for");
        if (state.UsedMemory + Memory > state.Memory) return Refuse("host.full", $"it has {state.Memory - state.UsedMemory} of memory left, and {Memory} were asked for");
        return Decision.Accept(new CapacityReserved(Holder, Cpus, Memory));
    }

    // Another host may do, hence the kind.
    private Decision Refuse(string code, string why) =>
        Decision.Reject(RejectionKind.NoCapacity, code, $"{Host} takes nothing new: {why}.");
}

public sealed record ReleaseCapacity(HostId Host, string Holder) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) => state.Reservations.TryGetValue(Holder, out var held)
        ? Decision.Accept(new CapacityReleased(Holder, held.Cpus, held.Memory))
        : Decision.Already();
}
