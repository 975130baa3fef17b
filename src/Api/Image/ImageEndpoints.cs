using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Image;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Volume;
using IaaS.Projections.Image;
using IaaS.Projections.Query;
using IaaS.Projections.Volume;

namespace IaaS.Api.Image;

/// <param name="Location">An absolute path or an http(s) URL that hosts can read, or <c>simulator:name</c>.</param>
/// <param name="Format"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="Size">Virtual size in bytes; read from the image where it can be, needed for a simulated one.</param>
public sealed record CreateImageBody(
    string Name, string Location, string Format = "qcow2", Bytes? Size = null, string? Id = null, string? Description = null);

public sealed record CreateImageFromVolumeBody(string Name, string? Id = null, string? Description = null);

public sealed class ImageEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var api = new ResourceApi<ImageView>("images", delete: id => (DeleteImageWorkflow.Name, new ImageTarget(ImageId.Of(id))));
        var group = api.Map(app);
        group.MapPost("", CreateAsync).WithName("create-image").WithSummary("Takes an image in, after a look into it.")
            .Accepts<CreateImageBody>("application/json").Produces<ImageView>(201).ProducesProblem(400).ProducesProblem(409);
        api.MapChanges(group, canDisable: true);
        app.MapGroup("/v1/volumes").WithTags("volumes").MapPost("{id}/image", CreateFromVolumeAsync)
            .WithName("create-image-from-volume").WithSummary("Makes an image of what a volume holds; its VM, if it has one, must be stopped.")
            .Accepts<CreateImageFromVolumeBody>("application/json").Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> CreateFromVolumeAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateImageFromVolumeBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VolumeView>(http, id) is not { } volume) return await api.MissingAsync(http, VolumeId.Kind, id);
        // Every project may use an image: what a tenant wrote is not given away by mistake.
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators make images."));
        var image = body!.Value.Id ?? http.NewId(ImageId.Kind);
        return await api.AcceptAsync(http, new Change(CreateImageFromVolumeWorkflow.Name, image, volume.ProjectId,
            new ImageOrder(ImageId.Of(image), body.Value.Name, body.Value.Description, VolumeId.Of(id))), body.Fingerprint);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateImageBody>(http);
        if (problem is not null) return problem;
        var image = body!.Value;
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators take images in."));
        switch (await ImageFile.InspectAsync(image.Location, image.Format, http.RequestAborted))
        {
            case Answer<Bytes?>.Refused { Reason: var why }:
                return Problems.Of(why);
            case Answer<Bytes?>.Given { Value: null } when image.Size is null:
                return Problems.Of(new Rejection(RejectionKind.Invalid, "request.missing-field", "Send the size of the image, in bytes: it cannot be read from there."));
            case Answer<Bytes?>.Given { Value: var found }:
                var id = image.Id ?? http.NewId(ImageId.Kind);
                var create = new CreateImage(ImageId.Of(id), image.Name, image.Description, image.Location, image.Format, found ?? image.Size!.Value);
                return await api.CompleteAsync(http, new Change("image.create", id, Project: null, create), body.Fingerprint, async created =>
                    await api.FindAsync<ImageView>(http, created) is { } row ? TypedResults.Created($"/v1/images/{created}", row) : await api.MissingAsync(http, ImageId.Kind, created));
            default:
                throw new InvalidOperationException("An answer is given or refused.");
        }
    }
}
