using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Storage;
using IaaS.Domain.Volume;

namespace IaaS.Domain.Image;

/// <param name="Location">An absolute path or an http(s) URL that hosts can read; <c>simulator:</c> names one that only simulated hosts have.</param>
/// <param name="Format"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="Size">Virtual size: the least size of a disk that is made from it.</param>
[EventName("image.created/1")]
public sealed record ImageCreated(ImageId Image, string Name, string? Description, string Location, string Format, Bytes Size) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [];
}

/// <summary>An image is being made of a volume: its id is taken from now on, also when that fails.</summary>
[EventName("image.requested/1")]
public sealed record ImageRequested(ImageId Image, VolumeId Volume, OperationId Operation) : IEvent;

/// <summary>An image has been made of a volume, on the storage of that volume.</summary>
/// <param name="StoragePath">Where that storage is on its hosts.</param>
/// <param name="Location">Names the storage and the file on it.</param>
[EventName("image.made/1")]
public sealed record ImageMade(
    ImageId Image, string Name, string? Description, VolumeId Volume, StorageId Storage, string StoragePath,
    string Location, string Format, Bytes Size, OperationId Operation) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [Storage.Value];
}

public sealed record ImageState : ResourceState, IState<ImageState>
{
    public static string Kind => ImageId.Kind;
    public static ImageState Empty { get; } = new();

    /// <summary>That makes it of a volume, or made it; empty for one that was taken in from elsewhere.</summary>
    public string Operation { get; init; } = "";

    /// <summary>That has its file; null for one that was taken in from elsewhere.</summary>
    public StorageId? Storage { get; init; }

    public string StoragePath { get; init; } = "";

    public static ImageState Evolve(ImageState state, IEvent happened) => happened switch
    {
        ImageRequested e => state with { Operation = e.Operation.Value },
        ImageMade e => EvolveResource(state, e) with { Storage = e.Storage, StoragePath = e.StoragePath },
        _ => EvolveResource(state, happened),
    };
}
