using System.Diagnostics;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>Waits for a condition, with a deadline. The only place that pauses.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static async Task<T> GetAsync<T>(string what, Func<Task<T>> probe, Func<T, bool> isThere, TimeSpan? within = null)
    {
        var patience = within ?? TimeSpan.FromSeconds(30);
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            var found = await probe();
            if (isThere(found)) return found;
            Assert.True(Stopwatch.GetElapsedTime(begun) < patience, $"Waited {patience.TotalSeconds:0} s in vain for this: {what}. The last thing seen: {found}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    public static Task HoldsAsync(string what, Func<bool> condition, TimeSpan? within = null) =>
        GetAsync(what, () => Task.FromResult(condition()), holds => holds, within);
}
