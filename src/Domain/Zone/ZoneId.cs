using IaaS.Domain.Kernel;

namespace IaaS.Domain.Zone;

/// <summary>A site: what fails together.</summary>
public readonly record struct ZoneId(string Value) : IResourceId<ZoneId>
{
    public static string Kind => "zone";
    public static ZoneId Of(string value) => new(value);
    public override string ToString() => Value;
}
