using IaaS.Domain.Kernel;

namespace IaaS.Domain.Vm;

/// <summary>A virtual machine.</summary>
public readonly record struct VmId(string Value) : IResourceId<VmId>
{
    public static string Kind => "vm";
    public static VmId Of(string value) => new(value);
    public override string ToString() => Value;
}
