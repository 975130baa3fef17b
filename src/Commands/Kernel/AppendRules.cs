using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>What every store demands of a batch before it writes anything. A violation is a bug of the caller, hence an exception.</summary>
public static class AppendRules
{
    /// <exception cref="ArgumentException">
    /// A stream is no id, or appears again with what does not follow on what is before it; an expected version is negative, an append
    /// has no events, or not one origin for each.
    /// </exception>
    public static void Check(IReadOnlyList<Append> batch)
    {
        var versions = new Dictionary<string, long>(batch.Count, StringComparer.Ordinal);
        foreach (var append in batch)
        {
            if (append.Stream.Length is 0 or > ResourceId.MaxLength || append.Stream.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{append.Stream}' is not the id of a stream.", nameof(batch));
            if (versions.TryGetValue(append.Stream, out var version) && version != append.ExpectedVersion)
                throw new ArgumentException($"{append.Stream} appears twice in one batch: the second append expects version {append.ExpectedVersion}, and would find {version}.", nameof(batch));
            versions[append.Stream] = append.ExpectedVersion + append.Events.Count;
            if (append.ExpectedVersion < 0)
                throw new ArgumentException($"{append.Stream} cannot be at version {append.ExpectedVersion}.", nameof(batch));
            if (append.Events.Count == 0)
                throw new ArgumentException($"The append to {append.Stream} has no events.", nameof(batch));
            if (append.Events.Count != append.Origins.Count)
                throw new ArgumentException($"{append.Stream}: {append.Events.Count} events, but {append.Origins.Count} origins.", nameof(batch));
        }
    }

    /// <summary>Which of a batch are conflicts, where the versions of streams are at hand.</summary>
    public static IReadOnlySet<int> Conflicts(IReadOnlyList<Append> batch, Func<string, long> versionOf)
    {
        HashSet<int> conflicts = [];
        var refused = new Dictionary<string, bool>(batch.Count, StringComparer.Ordinal);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!refused.TryGetValue(batch[i].Stream, out var isRefused)) refused[batch[i].Stream] = isRefused = versionOf(batch[i].Stream) != batch[i].ExpectedVersion;
            if (isRefused) conflicts.Add(i);
        }

        return conflicts;
    }

    /// <summary>Whether nothing of a batch is written, for others may rest on what is a conflict.</summary>
    public static bool Stops(IReadOnlyList<Append> batch, IReadOnlySet<int> conflicts) => conflicts.Any(i => batch[i].Binds);

    /// <summary>To whole microseconds, which is what stores keep: what is returned is what will be read.</summary>
    public static DateTimeOffset Timestamp(TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToUniversalTime();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
