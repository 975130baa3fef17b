using IaaS.Domain.Kernel;

namespace IaaS.Domain.Network;

/// <summary>A layer-3 network: a subnet with addresses to give away.</summary>
public readonly record struct L3Id(string Value) : IResourceId<L3Id>
{
    public static string Kind => "l3";
    public static L3Id Of(string value) => new(value);
    public override string ToString() => Value;
}
