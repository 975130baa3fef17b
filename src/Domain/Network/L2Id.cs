using IaaS.Domain.Kernel;

namespace IaaS.Domain.Network;

/// <summary>A layer-2 network: what realises a broadcast domain on hosts.</summary>
public readonly record struct L2Id(string Value) : IResourceId<L2Id>
{
    public static string Kind => "l2";
    public static L2Id Of(string value) => new(value);
    public override string ToString() => Value;
}
