using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Vm;

/// <summary>A disk exists on the host's storage: a thin overlay of an image, or an empty one.</summary>
/// <param name="StoragePath">Where the storage is on the host: a folder for a local storage; empty for a simulated one.</param>
/// <param name="ImageLocation">Where the image's bytes are: an absolute path or an http(s) URL; empty for an empty disk.</param>
/// <param name="ImageId">Under which the driver caches the image.</param>
/// <param name="Size">Virtual size; the overlay is grown to it.</param>
public sealed record EnsureDisk(
    HostId Host, VolumeId Volume, string StoragePath, string ImageId, string ImageLocation, Bytes Size) : Wish(Host)
{
    /// <summary>A disk of no image.</summary>
    public static EnsureDisk Empty(HostId host, VolumeId volume, string storagePath, Bytes size) => new(host, volume, storagePath, "", "", size);

    public bool HasImage() => ImageLocation.Length > 0;

    public override string Subject() => Volume.Value;
}

public sealed record EnsureDiskAbsent(HostId Host, VolumeId Volume, string StoragePath) : Wish(Host)
{
    public override string Subject() => Volume.Value;
}

/// <summary>The VM's network is there on the host: the bridge, and what the NIC needs to be plugged in.</summary>
/// <param name="Nic">Names the bridge, which the driver makes if it is missing.</param>
public sealed record EnsureNic(HostId Host, VmId Vm, NicSpec Nic) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>Nothing of the VM's NIC is left on the host.</summary>
public sealed record EnsureNicAbsent(HostId Host, VmId Vm, string NicId) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain runs. A domain that runs already is left alone.</summary>
public sealed record EnsureRunning(HostId Host, VmSpec Spec) : Wish(Host)
{
    public override string Subject() => Spec.Vm.Value;
}

/// <summary>The domain does not run; its definition and disk stay.</summary>
/// <param name="Force">True to pull the plug; false to ask the guest first and pull it after the driver's grace period.</param>
public sealed record EnsureStopped(HostId Host, VmId Vm, bool Force) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain was restarted once for this task; a repeat of the same task does not restart it again.</summary>
/// <param name="Task">Identifies the request.</param>
public sealed record EnsureRebooted(HostId Host, VmSpec Spec, string Task) : Wish(Host)
{
    public override string Subject() => Spec.Vm.Value;
}

/// <summary>The domain's processors stand still.</summary>
/// <param name="IfItRuns">One that does not run is left alone; otherwise that is an error. For an undo, which must come to an end.</param>
public sealed record EnsurePaused(HostId Host, VmId Vm, bool IfItRuns = false) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain goes on from where it was paused. One that runs is left alone.</summary>
/// <param name="IfItRuns">As in <see cref="EnsurePaused"/>.</param>
public sealed record EnsureResumed(HostId Host, VmId Vm, bool IfItRuns = false) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>
/// The domain runs on another host and no longer here; it does not stop in between. One that is there already is left alone.
/// </summary>
/// <param name="Host">Where it runs; carries the wish out.</param>
/// <param name="To">Where it goes. Its network is there, and its disk is reached from there.</param>
public sealed record EnsureMigrated(HostId Host, HostId To, VmSpec Spec) : Wish(Host)
{
    public override string Subject() => Spec.Vm.Value;
}

/// <summary>
/// The reverse of <see cref="EnsureMigrated"/>, carried out by the same host, so that it waits for a migration that is still under way:
/// the domain runs here; one that has moved is moved back.
/// </summary>
/// <param name="Host">Where it ran, and runs again.</param>
/// <param name="To">Where it may have gone.</param>
public sealed record EnsureNotMigrated(HostId Host, HostId To, VmSpec Spec) : Wish(Host)
{
    public override string Subject() => Spec.Vm.Value;
}

/// <summary>The domain has a further disk, at once and when it starts again. One that has it already is left alone.</summary>
public sealed record EnsureAttached(HostId Host, VmId Vm, DiskSpec Disk) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain does not have that disk, or there is no such domain. The disk itself stays.</summary>
public sealed record EnsureDetached(HostId Host, VmId Vm, DiskSpec Disk) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain has a further NIC, at once and when it starts again. Its network is there. A domain that has it already is left alone.</summary>
public sealed record EnsureNicAttached(HostId Host, VmId Vm, NicSpec Nic) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>The domain does not have that NIC, or there is no such domain.</summary>
/// <param name="Mac">By which the domain knows it.</param>
public sealed record EnsureNicDetached(HostId Host, VmId Vm, string NicId, string Mac) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>There is no such domain.</summary>
public sealed record EnsureAbsent(HostId Host, VmId Vm) : Wish(Host)
{
    public override string Subject() => Vm.Value;
}

/// <summary>All that a hypervisor needs to run a VM.</summary>
/// <param name="Memory">Guest memory.</param>
/// <param name="StoragePath">As in <see cref="EnsureDisk"/>.</param>
/// <param name="Leased">It may run only while the host's lease holds: without one the host stops it.</param>
/// <param name="Disks">Beside the root disk; null for none.</param>
public sealed record VmSpec(
    VmId Vm, string Name, int Cpus, Bytes Memory, VolumeId RootVolume, string StoragePath, IReadOnlyList<NicSpec> Nics, bool Leased = false,
    IReadOnlyList<DiskSpec>? Disks = null);

/// <param name="StoragePath">As in <see cref="EnsureDisk"/>.</param>
/// <param name="Slot">From 1; the guest's device is named by it.</param>
public sealed record DiskSpec(VolumeId Volume, string StoragePath, int Slot);

/// <summary>Says what domains are on the host: its output is a JSON array of <see cref="FoundDomain"/>.</summary>
public sealed record ObserveDomains(HostId Host) : Wish(Host)
{
    public override string Subject() => Host.Value;
}

/// <param name="Vm">The VM's id; for a domain that is not the control plane's, its name.</param>
/// <param name="Ours">True when the control plane made it.</param>
/// <param name="Leased">As in <see cref="VmSpec"/>.</param>
/// <param name="Paused">It runs, and stands still.</param>
public sealed record FoundDomain(string Vm, bool Ours, bool Running, bool Leased = false, bool Paused = false);

/// <param name="Id">Unique; the tap device's name is made from it.</param>
/// <param name="Mac">Lower case, colons.</param>
/// <param name="Address">IPv4 address that the control plane allocated, without prefix.</param>
/// <param name="PrefixLength">Of the network.</param>
/// <param name="Bridge">Linux bridge that it is plugged into, at most 15 characters.</param>
/// <param name="Vlan">VLAN id, or null for an untagged network.</param>
/// <param name="Gateway">The guest's default route; null for none.</param>
public sealed record NicSpec(string Id, string Mac, string Address, int PrefixLength, string Bridge, int? Vlan, string? Gateway);
