using IaaS.Api.Kernel;
using IaaS.Commands.Vm;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Projections.Image;
using IaaS.Projections.Network;
using IaaS.Projections.Offering;
using IaaS.Projections.Project;
using IaaS.Projections.Query;

namespace IaaS.Api.Vm;

/// <summary>What <c>POST /v1/vms</c> takes. Sizes are in bytes.</summary>
/// <param name="OfferingId">The size; or say <paramref name="Cpus"/> and <paramref name="Memory"/>.</param>
/// <param name="DiskOfferingId">The root disk's size; or say <paramref name="RootDiskSize"/>; else the image's.</param>
/// <param name="NetworkIds">Layer-3 networks, a NIC in each; or say <paramref name="Nics"/>.</param>
/// <param name="ProjectId">Whose it is; by default the token's, or <c>project-default</c>.</param>
/// <param name="ZoneId">Where it must run; so too <paramref name="ClusterId"/> and, for administrators, <paramref name="HostId"/>.</param>
/// <param name="OnHostLoss">What becomes of it when its host is lost: Wait for it, or Restart elsewhere.</param>
/// <param name="Start">False makes it and leaves it stopped.</param>
/// <param name="Count">How many such VMs, 1 to 1000, by one operation; they are named <c>name-1</c> and so on. None for one VM with the name as it is.</param>
public sealed record CreateVmBody(
    string Name, string ImageId, string? OfferingId = null, int? Cpus = null, Bytes? Memory = null,
    string? DiskOfferingId = null, Bytes? RootDiskSize = null, IReadOnlyList<string>? NetworkIds = null, IReadOnlyList<CreateNicBody>? Nics = null,
    string? ProjectId = null, string? ZoneId = null, string? ClusterId = null, string? HostId = null, string? Id = null, string? Description = null,
    IReadOnlyList<string>? Tags = null, bool Start = true, HostLossPolicy OnHostLoss = HostLossPolicy.Wait, int? Count = null)
{
    public const string DefaultProject = "project-default";

    /// <summary>Resolves every name; refuses when one is of nothing.</summary>
    public Answer<Change> Resolve(HttpContext http)
    {
        var project = ProjectId ?? http.Caller.Project ?? DefaultProject;
        if (!http.Caller.IsAdmin && HostId is not null) return new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators choose a host.");
        if (http.Caller.Project is { } own && !string.Equals(own, project, StringComparison.Ordinal)) return NoProject(project);
        if (Count is not null && WhyNotMany() is { } why) return why;
        return http.Need<ProjectView>(project).Then(_ => Size(http)).Then(size =>
            http.Need<ImageView>(ImageId).Then(image => Usable(image).Then(_ => Disk(http, image)).Then(disk =>
                ResolveNics(http).Then<Change>(nics => Order(http, project, size, image, disk, nics)))));
    }

    private Change Order(HttpContext http, string project, (int Cpus, Bytes Memory) size, ImageView image, Bytes disk, IReadOnlyList<NicRequest> nics)
    {
        var id = Id ?? http.NewId(VmId.Kind);
        var order = new VmOrder(
            VmId.Of(id), Name, Description, Domain.Project.ProjectId.Of(project), size.Cpus, size.Memory,
            Domain.Image.ImageId.Of(image.Id), image.Location, VolumeId.Of(http.NewId(VolumeId.Kind)), disk, nics, ZoneId, ClusterId, HostId, Tags, Stopped: !Start, OnHostLoss,
            image.StorageId is { } storage ? StorageId.Of(storage) : null);
        return Count is { } count
            ? new Change(CreateVmsWorkflow.Name, project, project, new VmBatch(order, count))
            : new Change(CreateVmWorkflow.Name, id, project, order) { IdIsNew = Id is null };
    }

    /// <summary>What only one VM can have.</summary>
    private Rejection? WhyNotMany()
    {
        if (Id is not null) return Bad("Send an id or a count, not both: each of many VMs gets an id of its own.");
        return Nics?.FirstOrDefault(n => n?.Address is not null) is { Address: var address }
            ? Bad($"Send a NIC without the address {address}, or no count: only one VM can have it.")
            : null;
    }

    private Answer<(int Cpus, Bytes Memory)> Size(HttpContext http) => SizeOf(http, OfferingId, Cpus, Memory);

    /// <summary>A size that is given by an offering or by numbers.</summary>
    public static Answer<(int Cpus, Bytes Memory)> SizeOf(HttpContext http, string? offeringId, int? cpus, Bytes? memory)
    {
        if (offeringId is { } offering)
        {
            if (cpus is not null || memory is not null) return Bad("Send an offeringId, or cpus and memory, not both.");
            return http.Need<OfferingView>(offering).Then<(int, Bytes)>(o => o.Enabled ? (o.Cpus, o.Memory) : Disabled("offering", o.Id));
        }

        return cpus is { } c && memory is { } m ? (c, m) : Bad("Send an offeringId, or cpus and memory (in bytes).");
    }

    private Answer<Bytes> Disk(HttpContext http, ImageView image)
    {
        if (DiskOfferingId is not null && RootDiskSize is not null) return Bad("Send a diskOfferingId or a rootDiskSize, not both.");
        Answer<Bytes> wanted = DiskOfferingId is { } id
            ? http.Need<DiskOfferingView>(id).Then<Bytes>(o => o.Enabled ? o.Size : Disabled("diskoffering", o.Id))
            : RootDiskSize ?? image.Size;
        return wanted.Then<Bytes>(size => size >= image.Size ? size : Bad($"The root disk has {size}; the image {image.Id} needs {image.Size}."));
    }

    private Answer<IReadOnlyList<NicRequest>> ResolveNics(HttpContext http)
    {
        if (NetworkIds is not null && Nics is not null) return Bad("Send networkIds or nics, not both.");
        var asked = Nics ?? [.. (NetworkIds ?? []).Select(n => new CreateNicBody(n))];
        List<NicRequest> resolved = [];
        foreach (var nic in asked)
        {
            if (http.Need<L3View>(nic.L3Id) is Answer<L3View>.Refused { Reason: var why }) return why;
            var id = http.NewId("nic");
            resolved.Add(new NicRequest(id, L3Id.Of(nic.L3Id), MacAddress.Of(id), nic.Address));
        }

        return resolved;
    }

    private static Answer<bool> Usable(ImageView image) => image.Enabled ? true : Disabled("image", image.Id);

    private static Rejection Disabled(string kind, string id) => new(RejectionKind.Conflict, $"{kind}.disabled", $"{id} is disabled: nothing new is made of it.");

    private static Rejection Bad(string why) => new(RejectionKind.Invalid, "request.invalid", why);

    private static Rejection NoProject(string id) => new(RejectionKind.NotFound, "project.not-found", $"There is no project '{id}'.");
}

/// <param name="Address">An IPv4 address of one of the network's ranges; none for any.</param>
public sealed record CreateNicBody(string L3Id, string? Address = null);
