using IaaS.Domain.Kernel;

namespace IaaS.Domain.Offering;

/// <summary>A size that disks are made in.</summary>
public readonly record struct DiskOfferingId(string Value) : IResourceId<DiskOfferingId>
{
    public static string Kind => "diskoffering";
    public static DiskOfferingId Of(string value) => new(value);
    public override string ToString() => Value;
}
