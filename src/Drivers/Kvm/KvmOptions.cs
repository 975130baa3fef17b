namespace IaaS.Drivers.Kvm;

/// <summary>Settings of the section <c>kvm</c>.</summary>
public sealed record KvmOptions
{
    /// <summary>Which libvirt.</summary>
    public string Uri { get; init; } = "qemu:///system";

    /// <summary><c>kvm</c>, <c>qemu</c> for emulation, or <c>auto</c>: KVM where it is there and quick enough.</summary>
    public string Acceleration { get; init; } = "auto";

    /// <summary>How long a guest may take to shut down before the plug is pulled.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one command to libvirt, to the disks or to the network may take.</summary>
    public TimeSpan CommandLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long fetching an image may take.</summary>
    public TimeSpan FetchLimit { get; init; } = TimeSpan.FromHours(1);
}
