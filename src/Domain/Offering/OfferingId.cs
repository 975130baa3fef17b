using IaaS.Domain.Kernel;

namespace IaaS.Domain.Offering;

/// <summary>A size that VMs are made in.</summary>
public readonly record struct OfferingId(string Value) : IResourceId<OfferingId>
{
    public static string Kind => "offering";
    public static OfferingId Of(string value) => new(value);
    public override string ToString() => Value;
}
