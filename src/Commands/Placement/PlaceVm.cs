using System.Text.Json;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Asks where a VM goes.</summary>
/// <param name="Disk">Room that its storage must have; zero for a disk that exists.</param>
/// <param name="Storage">Where its disk is, or must be made; null for anywhere.</param>
/// <param name="Zone">Where it must go; null for anywhere. So too <paramref name="Cluster"/> and <paramref name="Host"/>.</param>
/// <param name="PreferredHost">Taken if it fits.</param>
/// <param name="NotHost">Where it must not go; null where it may go anywhere.</param>
/// <param name="Volumes">Storages that it must reach beside its own; null for none.</param>
public sealed record PlaceVm(
    string Vm, int Cpus, Bytes Memory, Bytes Disk, IReadOnlyList<L3Id> Networks, StorageId? Storage,
    string? Zone, string? Cluster, string? Host, string? PreferredHost, string? NotHost = null,
    IReadOnlyList<StorageId>? Volumes = null) : IRequest
{
    public static PlaceVm ToCreate(VmOrder order) => new(order.Vm.Value, order.Cpus, order.Memory, order.RootDisk,
        [.. order.Nics.Select(n => n.L3)], order.Storage, order.Zone, order.Cluster, order.Host, PreferredHost: null);

    public static PlaceVm ToStart(VmFacts vm) => new(vm.Vm.Value, vm.Cpus, vm.Memory, Bytes.Zero,
        [.. vm.Nics.Select(n => n.L3)], vm.Storage, Zone: null, Cluster: null, Host: null, vm.LastHost?.Value,
        Volumes: [.. (vm.Disks ?? []).Select(d => d.Storage).Distinct()]);

    public static PlaceVm ToMigrate(VmFacts vm, HostId? to) => ToStart(vm) with { Host = to?.Value, PreferredHost = null, NotHost = vm.Host?.Value };
}

/// <summary>Where a VM goes: the choice as it is recorded.</summary>
/// <param name="Path">Of the storage on the host.</param>
public sealed record Site(HostId Host, StorageId Storage, string Path)
{
    [ThreadStatic]
    private static (string Choice, Site Site)? last;

    /// <summary>The steps of a workflow read the same choice one after the other; it is parsed once.</summary>
    public static Site Read(string choice)
    {
        if (last is { } known && ReferenceEquals(known.Choice, choice)) return known.Site;
        var site = JsonSerializer.Deserialize<Site>(choice, DomainJson.Options) ?? throw new JsonException("A choice must not be null.");
        last = (choice, site);
        return site;
    }

    public string Write() => JsonSerializer.Serialize(this, DomainJson.Options);
}
