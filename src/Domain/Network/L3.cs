using System.Collections.Immutable;
using IaaS.Domain.Kernel;

namespace IaaS.Domain.Network;

/// <param name="Bridge">Of its layer-2 network, which never changes it.</param>
/// <param name="Cidr">For example <c>10.0.0.0/16</c>.</param>
/// <param name="Gateway">The guests' default route; null for none.</param>
[EventName("l3.created/1")]
public sealed record L3Created(
    L3Id L3, string Name, string? Description, L2Id L2, string Bridge, int? Vlan, string Cidr, string? Gateway) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [L2.Value];
}

/// <param name="Range">Names the range within its network.</param>
/// <param name="First">First and last address, both given away.</param>
[EventName("l3.range-added/1")]
public sealed record AddressRangeAdded(string Range, string First, string Last) : IEvent;

[EventName("l3.range-removed/1")]
public sealed record AddressRangeRemoved(string Range) : IEvent;

/// <param name="Holder">The NIC that has it.</param>
[EventName("l3.address-allocated/1")]
public sealed record AddressAllocated(string Holder, string Address) : IEvent;

[EventName("l3.address-released/1")]
public sealed record AddressReleased(string Holder, string Address) : IEvent;

/// <summary>A range of addresses and how much of it has never been given away.</summary>
/// <param name="Fresh">The lowest address that was never given away by turn.</param>
public sealed record AddressRange(string Id, IpV4 First, IpV4 Last, IpV4 Fresh)
{
    public bool Holds(IpV4 address) => address >= First && address <= Last;
    public long Size => (long)Last.Value - First.Value + 1;
}

/// <summary>
/// A subnet and who has which address. An address that comes back is given away again only when no fresh one is left, so that
/// old neighbours forget it first. Allocation does not depend on how many are taken.
/// </summary>
public sealed record L3State : ResourceState, IState<L3State>
{
    public static string Kind => L3Id.Kind;
    public static L3State Empty { get; } = new();
    public static bool GrowsLong => true;

    public L3Created? Created { get; init; }
    public Subnet Subnet { get; init; }
    public ImmutableList<AddressRange> Ranges { get; init; } = [];
    public ImmutableDictionary<IpV4, string> Holders4 { get; init; } = ImmutableDictionary<IpV4, string>.Empty;
    public ImmutableDictionary<string, IpV4> Addresses { get; init; } = ImmutableDictionary.Create<string, IpV4>(StringComparer.Ordinal);

    /// <summary>Returned addresses below the fresh mark of their range, ready to be given away again.</summary>
    public ImmutableSortedSet<IpV4> Returned { get; init; } = [];

    public override IEnumerable<string> Holders => Dependents.Keys.Concat(Addresses.Keys);

    public static L3State Evolve(L3State state, IEvent happened) => happened switch
    {
        L3Created e => EvolveResource(state, e) with { Created = e, Subnet = Subnet.TryParse(e.Cidr, out var subnet) ? subnet : default },
        AddressRangeAdded e when IpV4.TryParse(e.First, out var first) && IpV4.TryParse(e.Last, out var last) =>
            state with { Ranges = state.Ranges.Add(new(e.Range, first, last, Fresh: first)) },
        AddressRangeRemoved e => Without(state, e.Range),
        AddressAllocated e when IpV4.TryParse(e.Address, out var address) => Allocated(state, e.Holder, address),
        AddressReleased e when IpV4.TryParse(e.Address, out var address) => Released(state, e.Holder, address),
        _ => EvolveResource(state, happened),
    };

    /// <summary>The address that is given away next; null when all are taken.</summary>
    public IpV4? Free()
    {
        foreach (var range in Ranges)
        {
            var fresh = range.Fresh;
            while (fresh <= range.Last && Holders4.ContainsKey(fresh)) fresh = fresh.Next;
            if (fresh <= range.Last) return fresh;
        }

        return Returned.Count > 0 ? Returned[0] : null;
    }

    private static L3State Allocated(L3State state, string holder, IpV4 address)
    {
        var ranges = state.Ranges;
        var index = ranges.FindIndex(r => r.Holds(address));
        // Asked for by name above the mark: the mark stays, and Free steps over it.
        if (index >= 0 && address >= ranges[index].Fresh)
        {
            var fresh = ranges[index].Fresh;
            while (fresh <= ranges[index].Last && (fresh == address || state.Holders4.ContainsKey(fresh))) fresh = fresh.Next;
            ranges = ranges.SetItem(index, ranges[index] with { Fresh = fresh });
        }

        return state with
        {
            Ranges = ranges,
            Holders4 = state.Holders4.SetItem(address, holder),
            Addresses = state.Addresses.SetItem(holder, address),
            Returned = state.Returned.Remove(address),
        };
    }

    private static L3State Released(L3State state, string holder, IpV4 address) => state with
    {
        Holders4 = state.Holders4.Remove(address),
        Addresses = state.Addresses.Remove(holder),
        Returned = state.Ranges.Exists(r => r.Holds(address) && address < r.Fresh) ? state.Returned.Add(address) : state.Returned,
    };

    private static L3State Without(L3State state, string range)
    {
        var gone = state.Ranges.Find(r => string.Equals(r.Id, range, StringComparison.Ordinal));
        return gone is null ? state : state with { Ranges = state.Ranges.Remove(gone), Returned = state.Returned.Except(state.Returned.Where(gone.Holds)) };
    }
}
