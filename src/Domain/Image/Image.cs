using IaaS.Domain.Kernel;

namespace IaaS.Domain.Image;

/// <param name="Location">An absolute path or an http(s) URL that hosts can read; <c>simulator:</c> names one that only simulated hosts have.</param>
/// <param name="Format"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="Size">Virtual size: the least size of a disk that is made from it.</param>
[EventName("image.created/1")]
public sealed record ImageCreated(ImageId Image, string Name, string? Description, string Location, string Format, Bytes Size) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

public sealed record ImageState : ResourceState, IState<ImageState>
{
    public static string Kind => ImageId.Kind;
    public static ImageState Empty { get; } = new();
    public static ImageState Evolve(ImageState state, IEvent happened) => EvolveResource(state, happened);
}
