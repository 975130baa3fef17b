using IaaS.Commands.Kernel;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Asks for a host that reaches a network, so that a VM with a NIC in it can run there.</summary>
/// <param name="Host">The one on which it runs already; null for any that reaches all that the VM has.</param>
/// <param name="Networks">In which it has NICs already.</param>
/// <param name="Storages">On which it has disks.</param>
public sealed record ReachNetwork(L3Id Network, HostId? Host, IReadOnlyList<L3Id> Networks, IReadOnlyList<StorageId> Storages) : IRequest
{
    public static ReachNetwork ToAttach(VmFacts vm, L3Id network) =>
        new(network, vm.Host, [.. vm.Nics.Select(n => n.L3)], [vm.Storage!.Value, .. (vm.Disks ?? []).Select(d => d.Storage)]);
}

public sealed class NetworkReacher(CloudMap map) : IChooser<ReachNetwork>
{
    public Choice Choose(ReachNetwork request, IReadOnlySet<string> refused)
    {
        var host = request.Host is { } only
            ? map.Host(only.Value) is { } here && map.Reaches(here, request.Network) ? here : null
            : map.Reaching(request.Storages, [request.Network, .. request.Networks]);
        return host is null
            ? new Choice.None(new Rejection(RejectionKind.Conflict, "l3.unreachable",
                $"{(request.Host is { } of ? $"{of} does not reach {request.Network}" : $"No host reaches {request.Network} beside what the VM has")}. Use a network that the VM's host reaches."))
            : new Choice.Made(new Site(HostId.Of(host.Id), request.Storages[0], "").Write());
    }
}
