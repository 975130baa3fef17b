using System.Text.Json;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Image;

/// <summary>Names the image that a workflow deletes.</summary>
public sealed record ImageTarget(ImageId Image);

/// <param name="Storage">That has its file; null for an image that was taken in from elsewhere.</param>
public sealed record ImageFacts(StorageId? Storage, string StoragePath);

/// <summary>Its output is its <see cref="ImageFacts"/> as JSON.</summary>
public sealed record DeleteImage(ImageId Image) : ICommand<ImageState>
{
    string ICommand.Stream => Image.Value;

    public Decision Decide(ImageState state) => new DeleteResource(Image.Value).Decide(state) switch
    {
        Decision.Accepted deleted => deleted with { Output = JsonSerializer.Serialize(new ImageFacts(state.Storage, state.StoragePath), DomainJson.Options) },
        var refused => refused,
    };
}

/// <summary>Ends an image, and takes away its file if it was made of a volume. Disks that were made of it do not need that file.</summary>
public sealed class DeleteImageWorkflow : IDefineWorkflow
{
    public const string Name = "image.delete";

    public static IWorkflow Definition { get; } = new Workflow<ImageTarget>(Name,
    [
        new("delete", StepKind.Command, r => new DeleteImage(r.Input.Image)) { Recorded = true },
        new("file", StepKind.Choice,
            r => new EnsureImageAbsent(Site.Read(r.Chosen("file")).Host, Facts(r).StoragePath, r.Input.Image))
        {
            Choose = r => new ReachStorage(Facts(r).Storage!.Value, Preferred: null), MustSucceed = true, When = HasFile,
        },
        new("storage", StepKind.Command, r => new RemoveDependent(Facts(r).Storage!.Value.Value, r.Input.Image.Value)) { MustSucceed = true, When = HasFile },
    ]);

    private static ImageFacts Facts(Run<ImageTarget> run) => run.Output("delete").As(said => JsonSerializer.Deserialize<ImageFacts>(said, DomainJson.Options)!);

    private static bool HasFile(Run<ImageTarget> run) => Facts(run).Storage is not null;
}
