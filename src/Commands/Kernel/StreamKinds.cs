using System.Collections.Frozen;
using System.Reflection;
using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>Which state is folded from which kind of stream; found in assemblies, so that a new kind edits no list.</summary>
public sealed class StreamKinds
{
    /// <summary>Events after which the state of a long stream is kept, unless told otherwise.</summary>
    public const int SnapshotEvery = 500;

    private readonly FrozenDictionary<string, (bool GrowsLong, Func<string, IStreamOwner> Make)> owners;

    public StreamKinds(
        IEnumerable<Assembly> assemblies, IEventStore store, GroupCommit commits, TimeProvider time, ISnapshots? snapshots = null, int snapshotEvery = SnapshotEvery)
    {
        var make = typeof(StreamKinds).GetMethod(nameof(OwnerOf), BindingFlags.NonPublic | BindingFlags.Static)!;
        owners = assemblies.Append(typeof(IEvent).Assembly).Distinct()
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false } && Array.Exists(t.GetInterfaces(),
                i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IState<>) && i.GenericTypeArguments[0] == t))
            .Select(t => ((string Kind, bool GrowsLong, Func<string, IStreamOwner> Make))make.MakeGenericMethod(t).Invoke(null, [store, commits, time, snapshots ?? new NoSnapshots(), snapshotEvery])!)
            .ToFrozenDictionary(k => k.Kind, k => (k.GrowsLong, k.Make), StringComparer.Ordinal);
    }

    /// <summary>True for streams without an end.</summary>
    public bool GrowsLong(string kind) => owners.TryGetValue(kind, out var owner) && owner.GrowsLong;

    public IStreamOwner Own(string stream) => owners.TryGetValue(ResourceId.KindOf(stream), out var owner)
        ? owner.Make(stream)
        : throw new InvalidOperationException($"No state is folded from streams like {stream}. Known kinds: {string.Join(", ", owners.Keys)}.");

    private static (string, bool, Func<string, IStreamOwner>) OwnerOf<TState>(IEventStore store, GroupCommit commits, TimeProvider time, ISnapshots snapshots, int every)
        where TState : IState<TState> => (TState.Kind, TState.GrowsLong, stream => new StreamOwner<TState>(stream, store, commits, time, snapshots, every));
}
