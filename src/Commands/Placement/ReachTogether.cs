using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Asks for a host that reaches several storages, so that a VM with disks on all of them can run there.</summary>
/// <param name="Host">The one on which it runs already; null for any.</param>
public sealed record ReachTogether(IReadOnlyList<StorageId> Storages, HostId? Host) : IRequest;

public sealed class TogetherReacher(CloudMap map) : IChooser<ReachTogether>
{
    public Choice Choose(ReachTogether request, IReadOnlySet<string> refused)
    {
        var storages = request.Storages.Distinct().ToList();
        var host = request.Host is { } only
            ? map.Host(only.Value) is { } here && map.ReachesAll(here, storages) ? here : null
            : map.Reaching(storages, []);
        return host is null
            ? new Choice.None(new Rejection(RejectionKind.Conflict, "volume.unreachable",
                $"{(request.Host is { } of ? $"{of} does not reach" : "No host reaches all of")} {string.Join(", ", storages)}. Make the volume on a storage that the VM's host reaches."))
            : new Choice.Made(new Site(HostId.Of(host.Id), storages[^1], "").Write());
    }
}
