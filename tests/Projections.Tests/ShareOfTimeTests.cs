using IaaS.Projections.Kernel;
using Microsoft.Extensions.Time.Testing;

namespace IaaS.Projections.Tests;

public sealed class ShareOfTimeTests
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Who_works_now_and_then_never_rests()
    {
        var share = new ShareOfTime(time, 0.5, Ahead);
        for (var i = 0; i < 1_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(30));
            Assert.True(Work(share, milliseconds: 8) <= TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData(0.5, 4)]
    [InlineData(0.5, 20)]
    [InlineData(0.25, 4)]
    public void Who_always_has_work_comes_to_work_that_share_of_the_time(double share, int milliseconds)
    {
        var bound = new ShareOfTime(time, share, Ahead);
        var (worked, started) = (TimeSpan.Zero, time.GetTimestamp());
        for (var i = 0; i < 1_000; i++)
        {
            worked += TimeSpan.FromMilliseconds(milliseconds);
            if (Work(bound, milliseconds) is { Ticks: > 0 } rest) time.Advance(rest);
        }

        Assert.InRange(worked / time.GetElapsedTime(started), share, share * 1.02);
    }

    [Fact]
    public void A_long_rest_is_not_saved_up()
    {
        var share = new ShareOfTime(time, 0.5, Ahead);
        time.Advance(TimeSpan.FromHours(1));
        // What it does first is paid for by the rest before it; of each 20 ms after it 10 are more than its share.
        Assert.All([20, 20, 20], w => Assert.True(Work(share, w) <= TimeSpan.Zero));
        Assert.True(Work(share, milliseconds: 20) > TimeSpan.Zero);
    }

    [Fact]
    public void One_piece_of_work_that_took_long_is_not_followed_by_a_long_rest() =>
        Assert.True(Work(new ShareOfTime(time, 0.5, Ahead), milliseconds: 500) <= TimeSpan.Zero);

    [Fact]
    public void Who_always_has_work_that_takes_long_rests_after_each_as_after_what_counts_most()
    {
        var share = new ShareOfTime(time, 0.5, Ahead);
        for (var i = 0; i < 10; i++)
        {
            var rest = Work(share, milliseconds: 80);
            if (i >= 2) Assert.Equal(Ahead, rest);
            if (rest > TimeSpan.Zero) time.Advance(rest);
        }
    }

    [Fact]
    public void The_whole_of_the_time_is_no_bound() => Assert.Equal(TimeSpan.Zero, Work(new ShareOfTime(time, 1, Ahead), milliseconds: 10_000));

    private TimeSpan Work(ShareOfTime share, int milliseconds)
    {
        var work = TimeSpan.FromMilliseconds(milliseconds);
        time.Advance(work);
        return share.RestAfter(work);
    }
}
