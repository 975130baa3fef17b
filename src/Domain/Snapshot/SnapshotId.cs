using IaaS.Domain.Kernel;

namespace IaaS.Domain.Snapshot;

/// <summary>What a volume held at a moment.</summary>
public readonly record struct SnapshotId(string Value) : IResourceId<SnapshotId>
{
    public static string Kind => "snapshot";
    public static SnapshotId Of(string value) => new(value);
    public override string ToString() => Value;
}
