using System.Runtime.InteropServices;

namespace IaaS.Commands.Placement;

/// <summary>Where something can be found.</summary>
/// <param name="Nowhere">It cannot.</param>
/// <param name="Zone">Null for any.</param>
/// <param name="Clusters">Perhaps in these, and in no other; null where all of the zone is alike.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Extent(bool Nowhere, string? Zone, IReadOnlyList<string>? Clusters)
{
    public bool Covers(string zone) => !Nowhere && (Zone is null || string.Equals(Zone, zone, StringComparison.Ordinal));
}
