using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Domain.Tests;

/// <summary>What an earlier version stored is read as what it is today.</summary>
public sealed class EarlierEventTests
{
    private static readonly EventNames Names = new();

    [Theory]
    [InlineData("operation.chosen/1", """{"step":"place","choice":"host-1"}""", "operation.chosen/2", """{"done":[],"step":"place","choice":"host-1"}""")]
    [InlineData("operation.succeeded/1", "{}", "operation.succeeded/2", """{"done":[]}""")]
    public void A_stored_event_is_read_as_what_it_is_today(string name, string stored, string today, string asToday)
    {
        var read = EventNames.Today((IEvent)JsonSerializer.Deserialize(stored, Names.TypeOf(name), DomainJson.Options)!);

        Assert.Equal(today, Names.NameOf(read.GetType()));
        Assert.Equal(asToday, JsonSerializer.Serialize(read, read.GetType(), DomainJson.Options));
    }

    [Fact]
    public void Every_earlier_event_becomes_a_later_version_of_the_same_name()
    {
        foreach (var (name, type) in Names.All.Where(e => e.Type.IsAssignableTo(typeof(IEarlierEvent))))
        {
            var later = Names.NameOf(EventNames.Today((IEvent)Simulation.Samples.Of(type)).GetType());
            Assert.Equal(name.Split('/')[0], later.Split('/')[0]);
            Assert.True(int.Parse(later.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture) > int.Parse(name.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture), $"{name} becomes {later}.");
        }
    }

    [Fact]
    public void What_was_done_before_a_choice_is_done_by_it()
    {
        var state = OperationState.Evolve(OperationState.Empty, new StepChosen([new("request", ""), new("quota", "q")], "place", "host-1"));

        Assert.Equal(("", "q", "host-1"), (state.Outputs["request"].Text, state.Outputs["quota"].Text, state.Choices["place"]));
        Assert.Equal("c", OperationState.Evolve(state, new OperationSucceeded([new("created", "c")])).Outputs["created"].Text);
    }
}
