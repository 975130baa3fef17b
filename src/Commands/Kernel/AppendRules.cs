using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>What every store demands of a batch before it writes anything. A violation is a bug of the caller, hence an exception.</summary>
public static class AppendRules
{
    /// <exception cref="ArgumentException">
    /// A stream appears twice or is no id, an expected version is negative, an append has no events, or not one origin for each.
    /// </exception>
    public static void Check(IReadOnlyList<Append> batch)
    {
        var streams = new HashSet<string>(batch.Count, StringComparer.Ordinal);
        foreach (var append in batch)
        {
            if (append.Stream.Length is 0 or > ResourceId.MaxLength || append.Stream.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{append.Stream}' is not the id of a stream.", nameof(batch));
            if (!streams.Add(append.Stream))
                throw new ArgumentException($"{append.Stream} appears twice in one batch; put its events into one append.", nameof(batch));
            if (append.ExpectedVersion < 0)
                throw new ArgumentException($"{append.Stream} cannot be at version {append.ExpectedVersion}.", nameof(batch));
            if (append.Events.Count == 0)
                throw new ArgumentException($"The append to {append.Stream} has no events.", nameof(batch));
            if (append.Events.Count != append.Origins.Count)
                throw new ArgumentException($"{append.Stream}: {append.Events.Count} events, but {append.Origins.Count} origins.", nameof(batch));
        }
    }

    /// <summary>To whole microseconds, which is what stores keep: what is returned is what will be read.</summary>
    public static DateTimeOffset Timestamp(TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToUniversalTime();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
