using IaaS.Commands.Kernel;
using Microsoft.Extensions.Time.Testing;

namespace IaaS.Stores.Tests;

public sealed class InMemoryEventStoreTests : EventStoreContract
{
    protected override IEventStore Store { get; } = new InMemoryEventStore(TimeProvider.System);

    protected override Task<IEventStore> AnotherAsync() => Task.FromResult(Store);

    [Fact]
    public async Task It_takes_its_time_from_the_clock_and_leaves_gaps()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var store = new InMemoryEventStore(clock);
        var first = await store.Append(Given.Notes("test-a", 0, 1));
        clock.Advance(TimeSpan.FromDays(1));
        var second = await store.Append(Given.Notes("test-a", 1, 1));
        Assert.Equal(TimeSpan.FromDays(1), second.Events[0].At - first.Events[0].At);
        Assert.True(second.Events[0].Position > first.Events[0].Position + 1);
    }
}
