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

    /// <summary>A host that answers now; the preferred one, if it does.</summary>
    public string? Connected(string? preferred) => hosts.All
        .Where(h => h.Value is { Connected: true, Existence: Existence.Present })
        .OrderByDescending(h => h.Key == preferred).ThenBy(h => h.Key, StringComparer.Ordinal)
        .Select(h => h.Key).FirstOrDefault();

    public string? WithRoom(Bytes size)
    {
        var fitting = storages.All.Where(s => s.Value.Enabled && s.Value.Used + size <= s.Value.Capacity).Select(s => s.Key).ToList();
        return fitting.Count == 0 ? null : fitting[chance.Next(fitting.Count)];
    }

    public Choice Choose(PlaceVm request, IReadOnlySet<string> refused)
    {
        var stores = storages.All.Where(s => request.Storage is { } has ? s.Key == has.Value : s.Value.Enabled && s.Value.Used + request.Disk <= s.Value.Capacity).ToList();
        List<string> sites =
        [
            .. from host in hosts.All
               where (request.Host is null || request.Host == host.Key) && request.NotHost != host.Key
               where host.Value is { Enabled: true, Connected: true, Existence: Existence.Present, Maintenance: HostMaintenance.None }
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

/// <summary>Every host of the simulation reaches every storage.</summary>
public sealed class SimReacher(SimChooser seen) : IChooser<ReachStorage>
{
    public Choice Choose(ReachStorage request, IReadOnlySet<string> refused) => seen.Connected(request.Preferred?.Value) is { } host
        ? new Choice.Made(new Site(new HostId(host), request.Storage, "").Write())
        : new Choice.None(new Rejection(RejectionKind.Unavailable, "storage.unreachable", $"No connected host reaches {request.Storage}."));
}

/// <summary>Any storage with room, made through any host that answers.</summary>
public sealed class SimVolumePlacer(SimChooser seen) : IChooser<PlaceVolume>
{
    public Choice Choose(PlaceVolume request, IReadOnlySet<string> refused) => seen.Connected(null) is { } host && seen.WithRoom(request.Size) is { } storage
        ? new Choice.Made(new Site(new HostId(host), new StorageId(storage), "").Write())
        : new Choice.None(new Rejection(RejectionKind.NoCapacity, "placement.no-storage", $"No storage has room for {request.Volume}."));
}

/// <summary>And every network.</summary>
public sealed class SimNetworks : IChooser<ReachNetwork>
{
    public Choice Choose(ReachNetwork request, IReadOnlySet<string> refused) =>
        new Choice.Made(new Site(request.Host ?? new HostId("host-1"), request.Storages[0], "").Write());
}

/// <summary>Every host of the simulation reaches every storage.</summary>
public sealed class SimTogether : IChooser<ReachTogether>
{
    public Choice Choose(ReachTogether request, IReadOnlySet<string> refused) =>
        new Choice.Made(new Site(request.Host ?? new HostId("host-1"), request.Storages[^1], "").Write());
}
