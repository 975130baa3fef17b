using IaaS.Commands.Audit;

namespace IaaS.Commands.Tests;

/// <summary>When a difference is told, and when it is taken for what is under way.</summary>
public sealed class SightingsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AuditFinding Sum = new("capacity.sum", "host-1", "It says 3 VMs; its VMs come to 2.");
    private static readonly AuditFinding Stuck = new("vm.stuck", "vm-1", "It is Starting by op-1, which has ended.");
    private readonly Sightings sightings = new();
    private int minute;

    [Fact]
    public void A_difference_counts_when_it_is_the_same_for_three_checks_and_ends_when_it_is_gone()
    {
        Assert.Equal((0, 0), See([Sum]));
        Assert.Equal((0, 0), See([Sum]));
        Assert.Equal((1, 0), See([Sum]));
        Assert.Equal((0, 0), See([Sum]));
        Assert.Equal(Start, Assert.Single(sightings.All).Since);
        Assert.Equal((0, 1), See([]));
        Assert.Empty(sightings.All);
    }

    [Fact]
    public void One_that_changes_is_under_way()
    {
        for (var vms = 0; vms < 20; vms++) Assert.Equal((0, 0), See([Sum with { Detail = $"It says {vms} VMs." }]));
    }

    [Fact]
    public void One_that_goes_and_comes_begins_anew()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((0, 0), See([Sum]));
            Assert.Equal((0, 0), See([Sum]));
            Assert.Equal((0, 0), See([]));
        }
    }

    [Fact]
    public void What_an_open_operation_may_explain_does_not_count_until_that_has_ended_and_counts_on_when_another_begins()
    {
        for (var i = 0; i < 10; i++) Assert.Equal((0, 0), See([Sum], oldest: Start));
        Assert.Equal((1, 0), See([Sum], oldest: Start.AddMinutes(9.5)));
        Assert.Equal((0, 0), See([Sum], oldest: Start.AddMinutes(-1)));
        Assert.True(Assert.Single(sightings.All).IsTold);
    }

    [Fact]
    public void What_is_stuck_is_explained_by_nothing()
    {
        Assert.Equal((0, 0), See([Stuck], oldest: Start));
        Assert.Equal((1, 0), See([Stuck, Stuck], oldest: Start));
    }

    private (int Begun, int Ended) See(IReadOnlyList<AuditFinding> found, DateTimeOffset? oldest = null)
    {
        var (begun, ended) = sightings.See(found, Start.AddMinutes(minute++), oldest);
        return (begun.Count, ended.Count);
    }
}
