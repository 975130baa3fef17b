using IaaS.Commands.Kernel;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>What a host must have left: CPUs, bytes of memory, and bytes on a storage of its own.</summary>
internal readonly record struct Need(int Cpus, long Memory, long Room)
{
    /// <summary>A host without a storage of its own passes.</summary>
    public const long NoRoom = long.MinValue;
}

/// <summary>A host as the index knows it, and what is left on it.</summary>
/// <param name="Room">Of its roomiest own storage, in bytes; -1 where it has none.</param>
/// <param name="Number">Of its own in the index; breaks ties.</param>
internal sealed record Slot(HostView Host, int Cpus, long Memory, long Room, uint Number)
{
    public bool Meets(Need need) => Cpus >= need.Cpus && Memory >= need.Memory && Room >= need.Room;
}

/// <summary>
/// Hosts by one number (free memory, or room). Each node knows the most free CPUs and the most room below it, so whether any host
/// meets a need, and one at random that does, take O(log n) looks; only where no host has both the CPUs and the room that others
/// have singly, more. A treap, its priorities a hash of the slot's number: the same in every run. Not safe for threads.
/// </summary>
internal sealed class HostTree(Func<Slot, long> key)
{
    private Node? root;

    public int Count => root?.Size ?? 0;

    public void Add(Slot slot)
    {
        var (below, above) = Split(root, key(slot), slot.Number);
        root = Merge(Merge(below, new Node(slot, key(slot))), above);
    }

    public void Remove(Slot slot)
    {
        var (below, rest) = Split(root, key(slot), slot.Number);
        var (_, above) = Split(rest, key(slot), slot.Number + 1);
        root = Merge(below, above);
    }

    public int CountAtLeast(long least)
    {
        var count = 0;
        for (var at = root; at is not null;)
        {
            if (at.Key < least) at = at.Right;
            else
            {
                count += 1 + SizeOf(at.Right);
                at = at.Left;
            }
        }

        return count;
    }

    /// <summary>Of a tree by memory: one that meets the need, the nearest to a random one of those with the memory; null where none does.</summary>
    public Slot? Draw(Need need, IChance chance)
    {
        var count = CountAtLeast(need.Memory);
        return count == 0 ? null : Near(root, Count - count + chance.Next(count), need);
    }

    /// <summary>Of a tree by memory.</summary>
    public bool Any(Need need) => Near(root, 0, need) is not null;

    /// <summary>Of a tree by memory: all that meet the need.</summary>
    public void Collect(Need need, List<Slot> into) => Collect(root, need, into);

    private static void Collect(Node? at, Need need, List<Slot> into)
    {
        if (at is null || at.Cpus < need.Cpus || at.Room < need.Room) return;
        if (at.Key >= need.Memory) Collect(at.Left, need, into);
        if (at.Slot.Meets(need)) into.Add(at.Slot);
        Collect(at.Right, need, into);
    }

    private static Slot? Near(Node? at, int rank, Need need)
    {
        if (at is null || at.Cpus < need.Cpus || at.Room < need.Room) return null;
        var left = SizeOf(at.Left);
        if (at.Key < need.Memory) return Near(at.Right, Math.Max(0, rank - left - 1), need);
        var self = at.Slot.Meets(need) ? at.Slot : null;
        // Where the side of the rank has none, the rank goes on in the other, so that not its edge alone is taken.
        if (rank < left) return Near(at.Left, rank, need) ?? self ?? Near(at.Right, rank % Math.Max(1, SizeOf(at.Right)), need);
        if (rank == left) return self ?? Near(at.Right, 0, need) ?? Near(at.Left, left - 1, need);
        return Near(at.Right, rank - left - 1, need) ?? self ?? Near(at.Left, rank % Math.Max(1, left), need);
    }

    /// <summary>Those before (key, number), and the others.</summary>
    private static (Node? Below, Node? Above) Split(Node? at, long key, uint number)
    {
        if (at is null) return default;
        if (at.Key < key || (at.Key == key && at.Slot.Number < number))
        {
            (at.Right, var above) = Split(at.Right, key, number);
            return (at.Sum(), above);
        }

        (var below, at.Left) = Split(at.Left, key, number);
        return (below, at.Sum());
    }

    private static Node? Merge(Node? below, Node? above)
    {
        if (below is null || above is null) return below ?? above;
        if (below.Priority > above.Priority)
        {
            below.Right = Merge(below.Right, above);
            return below.Sum();
        }

        above.Left = Merge(below, above.Left);
        return above.Sum();
    }

    private static int SizeOf(Node? node) => node?.Size ?? 0;

    private sealed class Node
    {
        public Node(Slot slot, long key)
        {
            (Slot, Key) = (slot, key);
            var hash = (slot.Number + 1) * 0x9E3779B1u;
            hash = (hash ^ (hash >> 15)) * 0x85EBCA77u;
            Priority = hash ^ (hash >> 13);
            Sum();
        }

        public Slot Slot { get; }
        public long Key { get; }
        public uint Priority { get; }
        public Node? Left { get; set; }
        public Node? Right { get; set; }
        public int Size { get; private set; }
        public int Cpus { get; private set; }
        public long Room { get; private set; }

        public Node Sum()
        {
            Size = 1 + SizeOf(Left) + SizeOf(Right);
            Cpus = Math.Max(Slot.Cpus, Math.Max(Left?.Cpus ?? int.MinValue, Right?.Cpus ?? int.MinValue));
            Room = Math.Max(Slot.Room, Math.Max(Left?.Room ?? long.MinValue, Right?.Room ?? long.MinValue));
            return this;
        }
    }
}
