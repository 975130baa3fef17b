using IaaS.Domain.Kernel;

namespace IaaS.Domain.Cluster;

/// <summary>Hosts of a zone that share networks and storages.</summary>
public readonly record struct ClusterId(string Value) : IResourceId<ClusterId>
{
    public static string Kind => "cluster";
    public static ClusterId Of(string value) => new(value);
    public override string ToString() => Value;
}
