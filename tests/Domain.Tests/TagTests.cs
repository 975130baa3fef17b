using CsCheck;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Domain.Zone;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

public sealed class TagTests
{
    private static readonly ZoneCreated Zone = new(new ZoneId("zone-1"), "z", Description: null);
    private static readonly OperationId Operation = new("op-1");
    private static readonly VmOrder Order = Cloud.Order("vm-1", nics: 0);

    private static readonly VmRequested Vm = new(new VmId("vm-1"), Order.Name, Order.Description, Order.Project, Order.Cpus, Order.Memory,
        Order.Image, Order.RootVolume, Order.RootDisk, Order.Nics, Operation);

    private static readonly VolumeCreated Volume = new(new VolumeId("volume-1"), "root", Order.Project, new VmId("vm-1"), new("storage-1"), Order.Image, Order.RootDisk);

    /// <summary>A tag of a few more than one resource may have, and whether it is put on or taken off.</summary>
    private static readonly Gen<(int Tag, bool Adds)[]> Actions = Gen.Select(Gen.Int[0, TagRules.MostTags + 10], Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))).Array[0, 400];

    [Fact]
    public void A_tag_is_put_on() => new Given<ZoneState>(Zone).When(new AddTag("zone-1", "env::prod")).Happened(new ResourceTagged("env::prod"));

    [Fact]
    public void A_tag_that_is_on_is_not_put_on_again() =>
        new Given<ZoneState>(Zone, new ResourceTagged("a")).When(new AddTag("zone-1", "a")).NothingHappened();

    [Fact]
    public void Case_matters() => new Given<ZoneState>(Zone, new ResourceTagged("a")).When(new AddTag("zone-1", "A")).Happened(new ResourceTagged("A"));

    [Fact]
    public void A_tag_is_taken_off_once()
    {
        new Given<ZoneState>(Zone, new ResourceTagged("a")).When(new RemoveTag("zone-1", "a")).Happened(new ResourceUntagged("a"));
        new Given<ZoneState>(Zone, new ResourceTagged("a"), new ResourceUntagged("a")).When(new RemoveTag("zone-1", "a")).NothingHappened();
    }

    [Fact]
    public void Vms_and_volumes_have_tags_too()
    {
        new Given<VmState>(Vm).When(new AddTag("vm-1", "a")).Happened(new ResourceTagged("a"));
        new Given<VmState>(Vm, new ResourceTagged("a")).When(new AddTag("vm-1", "a")).NothingHappened();
        new Given<VmState>(Vm, new ResourceTagged("a")).When(new RemoveTag("vm-1", "a")).Happened(new ResourceUntagged("a"));
        new Given<VolumeState>(Volume).When(new AddTag("volume-1", "a")).Happened(new ResourceTagged("a"));
    }

    [Fact]
    public void What_is_not_there_has_no_tags()
    {
        new Given<ZoneState>().When(new AddTag("zone-1", "a")).RefusedWith("zone.not-found");
        new Given<ZoneState>(Zone, new ResourceDeleted()).When(new RemoveTag("zone-1", "a")).RefusedWith("zone.deleted");
        new Given<VmState>().When(new AddTag("vm-1", "a")).RefusedWith("vm.not-found");
        new Given<VmState>(Vm, new VmDestroying(Operation), new VmDestroyed(Operation)).When(new AddTag("vm-1", "a")).RefusedWith("vm.deleted");
    }

    [Fact]
    public void One_more_than_there_may_be_is_refused_and_one_that_is_on_is_not()
    {
        var full = new Given<ZoneState>([Zone, .. Enumerable.Range(0, TagRules.MostTags).Select(i => new ResourceTagged($"tag-{i}"))]);
        full.When(new AddTag("zone-1", "one-more")).RefusedWith("tag.too-many");
        full.When(new AddTag("zone-1", "tag-7")).NothingHappened();
    }

    [Fact]
    public void A_vm_begins_with_the_tags_of_its_order() =>
        new Given<VmState>().When(new RequestVm(Order with { Tags = ["b", "a", "b"] }, Operation)).Happened(Vm, new ResourceTagged("b"), new ResourceTagged("a"));

    [Fact]
    public void In_whatever_order_tags_come_and_go_the_state_is_what_was_asked_for() => Actions.Sample(actions =>
    {
        var zone = ZoneState.Evolve(ZoneState.Empty, Zone);
        var vm = VmState.Evolve(VmState.Empty, Vm);
        SortedSet<string> model = new(StringComparer.Ordinal);
        foreach (var (number, adds) in actions)
        {
            var tag = $"tag::{number}";
            ICommand<ITaggedState> command = adds ? new AddTag("zone-1", tag) : new RemoveTag("zone-1", tag);
            var decision = command.Decide(zone);
            if (decision.GetType() != command.Decide(vm).GetType()) return false;
            var changes = adds ? !model.Contains(tag) : model.Contains(tag);
            if (decision is not Decision.Accepted accepted)
            {
                if (!changes || model.Count < TagRules.MostTags) return false;
                continue;
            }

            if (accepted.Events.Count != (changes ? 1 : 0)) return false;
            if (adds) model.Add(tag);
            else model.Remove(tag);
            zone = accepted.Events.Aggregate(zone, ZoneState.Evolve);
            vm = accepted.Events.Aggregate(vm, VmState.Evolve);
            // Asked again, after a crash for example, it is so already.
            if (command.Decide(zone) is not Decision.Accepted { Events.Count: 0 }) return false;
        }

        return model.Count <= TagRules.MostTags && zone.Tags.SequenceEqual(model, StringComparer.Ordinal) && vm.Tags.SequenceEqual(model, StringComparer.Ordinal);
    });

    [Theory]
    [InlineData("prod")]
    [InlineData("env::prod")]
    [InlineData("a:b")]
    [InlineData("url::https://example.com/?a=b&c=%2F")]
    [InlineData("two words::of it")]
    [InlineData("path::a::b")]
    [InlineData("größe::Ω😀")]
    [InlineData("...")]
    public void This_is_a_tag(string tag) => Assert.True(TagRules.IsValid(tag));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("a\u00A0")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("::")]
    [InlineData("::b")]
    [InlineData("a::")]
    [InlineData(".")]
    [InlineData("..")]
    public void This_is_none(string? tag) => Assert.False(TagRules.IsValid(tag));

    [Fact]
    public void A_tag_has_at_most_200_characters_and_only_whole_ones()
    {
        Assert.True(TagRules.IsValid(new string('x', 200)));
        Assert.False(TagRules.IsValid(new string('x', 201)));
        Assert.False(TagRules.IsValid("a\uD83D"));
        Assert.False(TagRules.IsValid("a\uDE00\uD83Db"));
    }

    [Fact]
    public void The_wrong_tag_is_named_by_the_validators()
    {
        Assert.Equal(["Tag"], new ResourceTag.Validator().Validate(new ResourceTag("zone-1", "")).Errors.Select(e => e.PropertyName));
        Assert.Equal(["Tags[1]"], new VmOrder.Validator().Validate(Order with { Tags = ["a", null!, "b"] }).Errors.Select(e => e.PropertyName));
        Assert.Equal(["Tags"], new VmOrder.Validator().Validate(Order with { Tags = [.. Enumerable.Range(0, 65).Select(i => $"{i}")] }).Errors.Select(e => e.PropertyName));
    }
}
