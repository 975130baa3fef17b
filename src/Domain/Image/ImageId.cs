using IaaS.Domain.Kernel;

namespace IaaS.Domain.Image;

/// <summary>A template of root disks.</summary>
public readonly record struct ImageId(string Value) : IResourceId<ImageId>
{
    public static string Kind => "image";
    public static ImageId Of(string value) => new(value);
    public override string ToString() => Value;
}
