using IaaS.Domain.Kernel;

namespace IaaS.Domain.Host;

/// <summary>A physical machine that runs VMs.</summary>
public readonly record struct HostId(string Value) : IResourceId<HostId>
{
    public static string Kind => "host";
    public static HostId Of(string value) => new(value);
    public override string ToString() => Value;
}
