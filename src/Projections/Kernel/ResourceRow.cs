using IaaS.Domain.Kernel;

namespace IaaS.Projections.Kernel;

/// <summary>The usual rule: a resource's row has the id of its stream.</summary>
public static class ResourceRow
{
    public static string? Of(Recorded happened, string kind) =>
        happened.Stream.Length > kind.Length && happened.Stream[kind.Length] == '-' && happened.Stream.StartsWith(kind, StringComparison.Ordinal)
            ? happened.Stream
            : null;
}
