using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Network;

/// <summary>Gives an address of a network to one NIC. Its output is the NIC's <see cref="NicSpec"/> as JSON.</summary>
/// <param name="Wanted">Asked for by name; null for any.</param>
public sealed record AllocateAddress(L3Id L3, string Nic, string Mac, string? Wanted) : ICommand<L3State>
{
    string ICommand.Stream => L3.Value;

    public Decision Decide(L3State state)
    {
        if (state.Addresses.TryGetValue(Nic, out var has)) return Decision.Already(Spec(state, has));
        if (state.RefuseUnlessPresent(L3.Value) is { } refusal) return refusal;
        if (!state.Enabled) return Decision.Reject(RejectionKind.Conflict, "l3.disabled", $"{L3} is disabled: it gives no addresses away.");
        if (Wanted is not null) return DecideWanted(state, Wanted);
        return state.Free() is { } free
            ? Allocate(state, free)
            : Decision.Reject(RejectionKind.NoCapacity, "l3.no-address", $"{L3} has no address left: all {state.Ranges.Sum(r => r.Size)} of its ranges are taken. Add a range.");
    }

    private Decision DecideWanted(L3State state, string wanted)
    {
        if (!IpV4.TryParse(wanted, out var address) || !state.Ranges.Exists(r => r.Holds(address)))
            return Decision.Reject(RejectionKind.Invalid, "l3.address-outside", $"{wanted} is in no address range of {L3}.");
        // Whose it is, is not told: it may be another project's.
        return state.Holders4.ContainsKey(address)
            ? Decision.Reject(RejectionKind.Conflict, "l3.address-taken", $"{wanted} is taken. Ask for another, or for none to get a free one.")
            : Allocate(state, address);
    }

    private Decision.Accepted Allocate(L3State state, IpV4 address) =>
        new([new AddressAllocated(Nic, address.ToString())], Spec(state, address));

    private string Spec(L3State state, IpV4 address) => JsonSerializer.Serialize(
        new NicSpec(Nic, Mac, address.ToString(), state.Subnet.PrefixLength, state.Created!.Bridge, state.Created.Vlan, state.Created.Gateway), DomainJson.Options);
}

public sealed record ReleaseAddress(L3Id L3, string Nic) : ICommand<L3State>
{
    string ICommand.Stream => L3.Value;

    public Decision Decide(L3State state) => state.Addresses.TryGetValue(Nic, out var address)
        ? Decision.Accept(new AddressReleased(Nic, address.ToString()))
        : Decision.Already();
}
