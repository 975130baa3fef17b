namespace IaaS.Projections.Kernel;

/// <summary>Keeps work to a share of the time. Who has rested for long enough works at once.</summary>
/// <param name="share">Above 0; with 1 there is no rest.</param>
/// <param name="ahead">How much work may be done ahead of its share; also the most that counts of one piece, for what takes longer has waited for something.</param>
internal sealed class ShareOfTime(TimeProvider time, double share, TimeSpan ahead)
{
    private TimeSpan owed;
    private long last = time.GetTimestamp();

    /// <summary>How long to rest after work that has just ended; zero or less for not at all.</summary>
    /// <param name="work">How long it took.</param>
    public TimeSpan RestAfter(TimeSpan work)
    {
        if (share >= 1) return TimeSpan.Zero;
        var now = time.GetTimestamp();
        var counted = work < ahead ? work : ahead;
        // While it works it earns, too. While it waited it did neither.
        var left = owed + counted - ((time.GetElapsedTime(last, now) - (work - counted)) * share);
        (owed, last) = (left > TimeSpan.Zero ? left : TimeSpan.Zero, now);
        return (owed - ahead) / share;
    }
}
