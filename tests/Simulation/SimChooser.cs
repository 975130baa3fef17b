using IaaS.Commands.Kernel;
using IaaS.Commands.Placement;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;

namespace IaaS.Simulation;

/// <summary>
/// Places a VM on any host that seems to have room, by what one process has seen committed. It guesses: the host decides.
/// </summary>
public sealed class SimChooser(IChance chance) : IChooser<PlaceVm>, ICommitObserver
{
    private readonly Book<HostState> hosts = new();
    private readonly Book<StorageState> storages = new();

    public void Committed(long previous, IReadOnlyList<Recorded> events)
    {
        foreach (var happened in events)
        {
            if (happened.Stream.StartsWith("host-", StringComparison.Ordinal)) hosts.Fold(happened);
            else if (happened.Stream.StartsWith("storage-", StringComparison.Ordinal)) storages.Fold(happened);
        }
    }

    public Choice Choose(PlaceVm request, IReadOnlySet<string> refused)
    {
        var stores = storages.All.Where(s => request.Storage is { } has ? s.Key == has.Value : s.Value.Enabled && s.Value.Used + request.Disk <= s.Value.Capacity).ToList();
        List<string> sites =
        [
            .. from host in hosts.All
               where host.Value is { Enabled: true, Connected: true, Existence: Existence.Present }
               where host.Value.UsedCpus + request.Cpus <= host.Value.Cpus && host.Value.UsedMemory + request.Memory <= host.Value.Memory
               from store in stores
               let site = new Site(new HostId(host.Key), new StorageId(store.Key), store.Value.Path).Write()
               where !refused.Contains(site)
               orderby host.Key == request.PreferredHost descending
               select site,
        ];
        if (sites.Count == 0)
            return new Choice.None(new Rejection(RejectionKind.NoCapacity, "placement.no-capacity", $"No host has room for {request.Vm}."));
        return new Choice.Made(request.PreferredHost is not null ? sites[0] : sites[chance.Next(sites.Count)]);
    }
}
