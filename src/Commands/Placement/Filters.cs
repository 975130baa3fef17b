using IaaS.Domain.Host;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>One reason for which a host may not do. Found by convention; a new one is a new class.</summary>
public interface IHostFilter
{
    /// <summary>Named in the answer when it leaves no host.</summary>
    string Name { get; }

    /// <summary>Cheap ones and those that leave few come first.</summary>
    int Order { get; }

    bool Passes(HostView host, PlaceVm request, CloudMap map);
}

/// <summary>How well a host does; the lowest wins.</summary>
public interface IHostWeigher
{
    double Weigh(HostView host, PlaceVm request);
}

public sealed class DesignatedFilter : IHostFilter
{
    public string Name => "designated";
    public int Order => 10;

    public bool Passes(HostView host, PlaceVm request, CloudMap map) =>
        (request.NotHost is null || !string.Equals(request.NotHost, host.Id, StringComparison.Ordinal))
        && (request.Host is null || string.Equals(request.Host, host.Id, StringComparison.Ordinal))
        && (request.Cluster is null || string.Equals(request.Cluster, host.ClusterId, StringComparison.Ordinal))
        && (request.Zone is null || string.Equals(request.Zone, host.ZoneId, StringComparison.Ordinal));
}

public sealed class EnabledFilter : IHostFilter
{
    public string Name => "enabled";
    public int Order => 20;
    public bool Passes(HostView host, PlaceVm request, CloudMap map) => host.Enabled && map.IsOpen(host);
}

public sealed class MaintenanceFilter : IHostFilter
{
    public string Name => "maintenance";
    public int Order => 25;
    public bool Passes(HostView host, PlaceVm request, CloudMap map) => host.Maintenance is HostMaintenance.None;
}

public sealed class ConnectedFilter : IHostFilter
{
    public string Name => "connected";
    public int Order => 30;
    public bool Passes(HostView host, PlaceVm request, CloudMap map) => string.Equals(host.Status, "Connected", StringComparison.Ordinal);
}

/// <summary>The host's cluster has every network that is asked for.</summary>
public sealed class NetworkFilter : IHostFilter
{
    public string Name => "network";
    public int Order => 40;

    public bool Passes(HostView host, PlaceVm request, CloudMap map)
    {
        foreach (var network in request.Networks)
        {
            if (!map.Reaches(host, network)) return false;
        }

        return true;
    }
}

/// <summary>The host reaches the VM's storage, or one with room for its disk, and those of its data volumes.</summary>
public sealed class StorageFilter : IHostFilter
{
    public string Name => "storage";
    public int Order => 50;
    public bool Passes(HostView host, PlaceVm request, CloudMap map) =>
        map.StorageFor(host, request) is not null && (request.Volumes is null || map.ReachesAll(host, request.Volumes));
}

public sealed class CapacityFilter : IHostFilter
{
    public string Name => "capacity";
    public int Order => 60;

    public bool Passes(HostView host, PlaceVm request, CloudMap map) =>
        host.Cpus - host.UsedCpus >= request.Cpus && host.Memory - host.UsedMemory >= request.Memory;
}

/// <summary>Spreads: the host whose scarcer resource is used least.</summary>
public sealed class BalanceWeigher : IHostWeigher
{
    public double Weigh(HostView host, PlaceVm request) => Math.Max(
        (host.UsedCpus + request.Cpus) / (double)Math.Max(1, host.Cpus),
        (host.UsedMemory.Value + request.Memory.Value) / (double)Math.Max(1, host.Memory.Value));
}
