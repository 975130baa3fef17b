using System.Globalization;
using System.Text.Json;

namespace IaaS.Soak;

/// <summary>Hosts, storages, networks and projects have given away what their VMs need, and nothing else.</summary>
internal static class HoldingChecks
{
    public static IEnumerable<string> Of(CloudAtRest cloud)
    {
        var holding = cloud.Vms.Values.Where(v => v.Text("state") is not "Failed").ToList();
        var running = holding.Where(v => v.Text("hostId") is not null).ToList();
        return
        [
            .. Same(running, v => v.Text("hostId")!, cloud.Hosts, ("vmCount", _ => 1), ("usedCpus", v => v.Number("cpus")), ("usedMemory", v => v.Number("memory"))),
            .. Same(cloud.Volumes.Where(v => v.Text("state") is not "Failed"), v => v.Text("storageId")!, cloud.Storages, ("volumeCount", _ => 1), ("used", v => v.Number("size"))),
            .. Same(holding.Concat(cloud.Volumes.Where(IsData)), v => v.Text("projectId")!, cloud.Projects,
                ("usedVms", v => IsVm(v) ? 1 : 0), ("usedCpus", v => IsVm(v) ? v.Number("cpus") : 0), ("usedMemory", v => IsVm(v) ? v.Number("memory") : 0),
                ("usedStorage", v => v.Number(IsVm(v) ? "rootDisk" : "size"))),
            .. Same(holding.SelectMany(NicsOf), n => n.Text("l3Id")!, cloud.Networks, ("usedAddresses", _ => 1)),
            .. Addresses(holding), .. Volumes(holding, cloud.Volumes), .. Limits(cloud),
        ];
    }

    /// <summary>Of a cloud in which no VM and no volume is left.</summary>
    public static IEnumerable<string> Nothing(CloudAtRest cloud) =>
        Of(cloud).Concat(cloud.Vms.Keys.Concat(cloud.Volumes.Select(v => v.Id)).Select(v => $"{v} is left when all have been destroyed"));

    private static IEnumerable<string> Same(
        IEnumerable<JsonElement> users, Func<JsonElement, string> holderOf, IEnumerable<JsonElement> holders, params (string Field, Func<JsonElement, long> Of)[] amounts)
    {
        var byHolder = users.ToLookup(holderOf, StringComparer.Ordinal);
        foreach (var holder in holders)
        {
            foreach (var (field, amount) in amounts)
            {
                var (has, should) = (holder.Number(field), byHolder[holder.Id].Sum(amount));
                if (has != should) yield return string.Create(CultureInfo.InvariantCulture, $"{holder.Id} says {field} = {has}; what uses it comes to {should}: {string.Join(' ', byHolder[holder.Id].Select(u => u.Id))}");
            }
        }
    }

    private static IEnumerable<string> Addresses(IReadOnlyList<JsonElement> vms)
    {
        foreach (var nic in vms.SelectMany(NicsOf).Where(n => n.Text("address") is null)) yield return $"{nic.Id} of a VM has no address";
        foreach (var same in vms.SelectMany(v => NicsOf(v).Select(n => (Vm: v.Id, Address: $"{n.Text("address")} of {n.Text("l3Id")}"))).GroupBy(n => n.Address, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            yield return $"{same.Key} has been given to {string.Join(" and ", same.Select(n => n.Vm))}";
        }
    }

    private static IEnumerable<string> Volumes(IReadOnlyList<JsonElement> vms, IReadOnlyList<JsonElement> volumes)
    {
        var there = vms.Select(v => v.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var data in volumes.Where(v => v.Text("kind") is "Data"))
        {
            var (state, vm) = (data.Text("state"), data.Text("vmId"));
            if (state is not ("Detached" or "Attached" or "Failed") || (state is "Attached") != (vm is not null) || (vm is not null && !there.Contains(vm)))
                yield return $"{data.Id} is left {state} with {vm ?? "no VM"}";
        }

        var should = vms.Select(v => $"{v.Text("rootVolumeId")} of {v.Id}").ToHashSet(StringComparer.Ordinal);
        var has = volumes.Where(v => v.Text("kind") is "Root").Select(v => $"{v.Id} of {v.Text("vmId")}").ToHashSet(StringComparer.Ordinal);
        foreach (var missing in should.Except(has)) yield return $"The volume {missing} is missing";
        foreach (var left in has.Except(should)) yield return $"The volume {left} is left over";
    }

    private static IEnumerable<string> Limits(CloudAtRest cloud)
    {
        foreach (var host in cloud.Hosts.Where(h => h.Number("usedCpus") > h.Number("cpus") || h.Number("usedMemory") > h.Number("memory"))) yield return $"{host.Id} has given away more than it has: {host}";
        foreach (var project in cloud.Projects)
        {
            var quota = project.GetProperty("quota");
            if ((quota.Text("vms") is not null && project.Number("usedVms") > quota.Number("vms")) || (quota.Text("cpus") is not null && project.Number("usedCpus") > quota.Number("cpus")))
                yield return $"{project.Id} has more than it may: {project}";
        }
    }

    private static bool IsVm(JsonElement row) => row.Text("rootVolumeId") is not null;

    private static bool IsData(JsonElement volume) => volume.Text("kind") is "Data" && volume.Text("state") is not "Failed";

    private static IEnumerable<JsonElement> NicsOf(JsonElement vm) => vm.GetProperty("nics").EnumerateArray();
}
