using CsCheck;
using IaaS.Commands.Network;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;

namespace IaaS.Domain.Tests;

public sealed class AddressTests
{
    private static readonly L3Id Net = new("l3-1");

    private static readonly IEvent[] TwoRanges =
    [
        new L3Created(Net, "n", Description: null, new L2Id("l2-1"), "br0", Vlan: null, "10.0.0.0/24", "10.0.0.1"),
        new AddressRangeAdded("a", "10.0.0.10", "10.0.0.15"), new AddressRangeAdded("b", "10.0.0.30", "10.0.0.33"),
    ];

    /// <summary>A NIC, whether it gets or gives back, and the last number of the address that it wants; 0 for any.</summary>
    private static readonly Gen<(int Nic, bool Gets, int Wants)[]> Actions = Gen.Select(Gen.Int[0, 14], Gen.Bool, Gen.Frequency((4, Gen.Const(0)), (1, Gen.Int[8, 35]))).Array[0, 200];

    [Fact]
    public void In_whatever_order_addresses_come_and_go_none_is_given_twice_and_all_can_be() => Actions.Sample(actions =>
    {
        var state = TwoRanges.Aggregate(L3State.Empty, L3State.Evolve);
        Dictionary<string, string> model = [];
        foreach (var (nic, gets, wants) in actions)
        {
            var name = $"nic-{nic}";
            var wanted = wants == 0 ? null : $"10.0.0.{wants}";
            ICommand<L3State> command = gets ? new AllocateAddress(Net, name, "52:54:00:00:00:01", wanted) : new ReleaseAddress(Net, name);
            if (command.Decide(state) is Decision.Accepted accepted)
            {
                foreach (var happened in accepted.Events)
                {
                    if (happened is AddressAllocated a && (model.ContainsValue(a.Address) || !IsInside(a.Address) || !model.TryAdd(a.Holder, a.Address))) return false;
                    if (happened is AddressReleased r && !model.Remove(r.Holder)) return false;
                    state = L3State.Evolve(state, happened);
                }
            }
            else if (gets && wanted is null && model.Count < 10) return false; // Refused while one is free.
        }

        return state.Addresses.Count == model.Count && state.Holders4.Count == model.Count;
    });

    [Fact]
    public void The_ranges_are_given_away_to_the_last_address_and_no_further()
    {
        var state = TwoRanges.Aggregate(L3State.Empty, L3State.Evolve);
        for (var i = 0; i < 10; i++) state = Assert.IsType<Decision.Accepted>(new AllocateAddress(Net, $"nic-{i}", "m", Wanted: null).Decide(state)).Events.Aggregate(state, L3State.Evolve);

        Assert.Equal("l3.no-address", Assert.IsType<Decision.Rejected>(new AllocateAddress(Net, "nic-x", "m", Wanted: null).Decide(state)).Reason.Code);
        Assert.Equal(10, state.Holders4.Count);
    }

    [Fact]
    public void An_address_that_comes_back_is_given_again_only_when_no_fresh_one_is_left() =>
        new Given<L3State>([.. TwoRanges, new AddressAllocated("nic-1", "10.0.0.10"), new AddressReleased("nic-1", "10.0.0.10")])
            .When(new AllocateAddress(Net, "nic-2", "m", Wanted: null)).Happened(new AddressAllocated("nic-2", "10.0.0.11"));

    [Fact]
    public void A_nic_that_asks_again_gets_the_address_that_it_has() =>
        new Given<L3State>([.. TwoRanges, new AddressAllocated("nic-1", "10.0.0.10")]).When(new AllocateAddress(Net, "nic-1", "m", Wanted: null)).NothingHappened();

    [Fact]
    public void An_address_that_another_has_is_refused() =>
        new Given<L3State>([.. TwoRanges, new AddressAllocated("nic-1", "10.0.0.12")]).When(new AllocateAddress(Net, "nic-2", "m", "10.0.0.12")).RefusedWith("l3.address-taken");

    [Theory]
    [InlineData("10.0.0.20", "10.0.0.32", "l3.range-overlaps")]
    [InlineData("10.0.0.40", "10.0.0.35", "l3.bad-range")]
    [InlineData("10.0.0.250", "10.0.1.5", "l3.bad-range")]
    [InlineData("10.0.0.250", "10.0.0.255", "l3.bad-range")]
    [InlineData("10.0.0.1", "10.0.0.5", "l3.bad-range")]
    public void A_range_that_cannot_be_is_refused(string first, string last, string code) =>
        new Given<L3State>(TwoRanges).When(new AddAddressRange(Net, "c", first, last)).RefusedWith(code);

    [Fact]
    public void A_range_with_addresses_in_use_stays() =>
        new Given<L3State>([.. TwoRanges, new AddressAllocated("nic-1", "10.0.0.30")]).When(new RemoveAddressRange(Net, "b")).RefusedWith("l3.range-in-use");

    [Fact]
    public void An_address_is_read_as_it_is_written() => Gen.UInt.Sample(value => IpV4.TryParse(new IpV4(value).ToString(), out var again) && again.Value == value);

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.256")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.-4")]
    [InlineData("1.2.3.+4")]
    public void What_is_no_address_is_not_read_as_one(string text) => Assert.False(IpV4.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/24", true)]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.0/30", true)]
    [InlineData("10.0.0.1/24", false)]
    [InlineData("10.0.0.0/7", false)]
    [InlineData("10.0.0.0/31", false)]
    [InlineData("10.0.0.0", false)]
    [InlineData("10.0.0.0/ 24", false)]
    public void A_subnet_is_a_network_address_and_a_length(string text, bool valid) => Assert.Equal(valid, Subnet.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0", false)]
    [InlineData("10.0.0.1", true)]
    [InlineData("10.0.0.254", true)]
    [InlineData("10.0.0.255", false)]
    [InlineData("10.0.1.1", false)]
    public void A_subnet_holds_what_a_host_can_have(string text, bool holds)
    {
        Assert.True(Subnet.TryParse("10.0.0.0/24", out var subnet) && IpV4.TryParse(text, out var address) && subnet.Holds(address) == holds);
    }

    private static bool IsInside(string address) => IpV4.TryParse(address, out var ip) && ((ip.Value & 255) is (>= 10 and <= 15) or (>= 30 and <= 33));
}
