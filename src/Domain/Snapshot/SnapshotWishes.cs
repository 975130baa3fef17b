using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Snapshot;

/// <summary>The disk has a snapshot of what it held when that was first wished. No guest uses it.</summary>
/// <param name="StoragePath">As in <see cref="EnsureDisk"/>.</param>
public sealed record EnsureSnapshot(HostId Host, VolumeId Volume, string StoragePath, SnapshotId Snapshot) : Wish(Host)
{
    public override string Subject() => Volume.Value;
}

/// <summary>There is no such snapshot, or no such disk.</summary>
public sealed record EnsureSnapshotAbsent(HostId Host, VolumeId Volume, string StoragePath, SnapshotId Snapshot) : Wish(Host)
{
    public override string Subject() => Volume.Value;
}

/// <summary>The disk holds what it held when the snapshot was taken. What has been written since is gone. No guest uses it.</summary>
public sealed record EnsureReverted(HostId Host, VolumeId Volume, string StoragePath, SnapshotId Snapshot) : Wish(Host)
{
    public override string Subject() => Volume.Value;
}
