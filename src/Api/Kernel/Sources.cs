using System.Globalization;
using IaaS.Commands.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>Crockford's alphabet in lower case: no letter that is taken for a digit.</summary>
public static class Base32
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[(bytes.Length * 8 + 4) / 5];
        int bits = 0, buffer = 0, at = 0;
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text[at++] = Alphabet[(buffer >> bits) & 31];
            }

            buffer &= (1 << bits) - 1;
        }

        if (bits > 0) text[at] = Alphabet[(buffer << (5 - bits)) & 31];
        return new string(text);
    }
}

/// <summary>Ids that sort by time.</summary>
public sealed class TimeOrderedIds(TimeProvider time) : IIds
{
    public string New(string kind)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(time.GetUtcNow()).TryWriteBytes(bytes, bigEndian: true, out _);
        return string.Create(CultureInfo.InvariantCulture, $"{kind}-{Base32.Encode(bytes)}");
    }
}

public sealed class SystemChance : IChance
{
#pragma warning disable RS0030 // This is the source that the ban asks for.
    public int Next(int exclusiveMax) => Random.Shared.Next(exclusiveMax);
#pragma warning restore RS0030
}

public sealed class ThreadPoolBackground : IBackground
{
    public void Start(Func<Task> work) => _ = Task.Run(work);
}

/// <summary>One process: no other lives. A cluster asks its membership.</summary>
public sealed class OnlyNode(Node node) : INodes
{
    bool INodes.IsAlive(string other) => string.Equals(other, node.Name, StringComparison.Ordinal);
}
