using IaaS.Domain.Kernel;

namespace IaaS.Domain.Storage;

/// <summary>A place for disks: a folder of one host, or something that many hosts reach.</summary>
public readonly record struct StorageId(string Value) : IResourceId<StorageId>
{
    public static string Kind => "storage";
    public static StorageId Of(string value) => new(value);
    public override string ToString() => Value;
}
