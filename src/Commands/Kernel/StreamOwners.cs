using System.Collections.Concurrent;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>
/// The owners of streams in this process. Those that were used last stay; the rest is forgotten, so that memory does not grow with the
/// streams that there are: one that is asked again reads its stream again. A VM is changed for a moment and then not for days; the
/// host, network and project that it is of are asked all the time, and are costly to read, so many more of those are kept.
/// </summary>
/// <param name="kinds">Makes them.</param>
/// <param name="most">How many are kept at least, of streams that do not grow long; at most three times as many.</param>
/// <param name="mostLong">The same of those that do.</param>
public sealed class StreamOwners(StreamKinds kinds, int most = 2_000, int mostLong = 50_000)
{
    private readonly Pool brief = new(kinds, most);
    private readonly Pool lasting = new(kinds, mostLong);

    /// <summary>How many are kept now.</summary>
    public int Count => brief.Count + lasting.Count;

    /// <summary>The owner of a stream in this process; made where there is none.</summary>
    public IStreamOwner Of(string stream) => (kinds.GrowsLong(ResourceId.KindOf(stream)) ? lasting : brief).Of(stream);

    private sealed class Pool(StreamKinds kinds, int most)
    {
        private readonly ConcurrentDictionary<string, Held> held = new(StringComparer.Ordinal);
        private int generation;
        private int added;

        public int Count => held.Count;

        public IStreamOwner Of(string stream)
        {
            var now = Volatile.Read(ref generation);
            if (held.TryGetValue(stream, out var there))
            {
                there.UsedIn = now;
                return there.Owner;
            }

            var owner = held.GetOrAdd(stream, static (s, k) => new Held(k.Kinds.Own(s), k.Now), (Kinds: kinds, Now: now)).Owner;
            if (Interlocked.Increment(ref added) % most == 0) Forget();
            return owner;
        }

        /// <summary>
        /// Forgets those that nobody has used for two generations. Where one is asked in this moment there are two for a while: the store
        /// takes the events of one of them, and the other reads again.
        /// </summary>
        private void Forget()
        {
            var now = Interlocked.Increment(ref generation);
            foreach (var (stream, owner) in held)
            {
                if (owner.UsedIn < now - 2 && !owner.Owner.IsBusy) held.TryRemove(stream, out _);
            }
        }
    }

    private sealed class Held(IStreamOwner owner, int usedIn)
    {
        public IStreamOwner Owner { get; } = owner;
        public int UsedIn { get; set; } = usedIn;
    }
}
