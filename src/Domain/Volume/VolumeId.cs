using IaaS.Domain.Kernel;

namespace IaaS.Domain.Volume;

/// <summary>A virtual disk.</summary>
public readonly record struct VolumeId(string Value) : IResourceId<VolumeId>
{
    public static string Kind => "volume";
    public static VolumeId Of(string value) => new(value);
    public override string ToString() => Value;
}
