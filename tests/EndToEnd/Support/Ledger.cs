using System.Globalization;
using System.Text.Json;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>What is held in a cloud, added up by holder: by hosts, storages, networks and projects as they say, or by the VMs that should hold it.</summary>
public sealed record Ledger(IReadOnlyDictionary<string, long> Sums)
{
    /// <summary>What hosts, storages, networks and projects say that they have given away; what is zero is left out.</summary>
    public static async Task<Ledger> GivenAsync(Client admin)
    {
        Dictionary<string, long> sums = new(StringComparer.Ordinal);
        foreach (var host in await admin.AllAsync("/v1/hosts")) Add(sums, host, ("vms", "vmCount"), ("cpus", "usedCpus"), ("memory", "usedMemory"));
        foreach (var storage in await admin.AllAsync("/v1/storages")) Add(sums, storage, ("volumes", "volumeCount"), ("bytes", "used"));
        foreach (var l3 in await admin.AllAsync("/v1/l3-networks")) Add(sums, l3, ("addresses", "usedAddresses"));
        foreach (var project in await admin.AllAsync("/v1/projects")) Add(sums, project, ("vms", "usedVms"), ("cpus", "usedCpus"), ("memory", "usedMemory"), ("bytes", "usedStorage"));
        Add(sums, "volumes", "rows", (await admin.AllAsync("/v1/volumes")).Count);
        return Of(sums);
    }

    /// <summary>What VMs and data volumes must hold: one that runs everything, one without a host all but that, one that failed nothing.</summary>
    public static async Task<Ledger> OfVmsAsync(Client admin) =>
        OfVms([.. (await admin.AllAsync("/v1/vms")).Where(vm => vm.Text("state") is not "Failed")],
            [.. (await admin.AllAsync("/v1/volumes")).Where(volume => volume.Text("kind") is "Data")]);

    public override string ToString() => string.Join('\n', Sums.OrderBy(s => s.Key, StringComparer.Ordinal)
        .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} = {s.Value}")));

    /// <summary>Exactly what VMs need is held: no capacity, address or volume by nothing.</summary>
    public static async Task IsExactAsync(ServerProcess server)
    {
        await server.PositionAsync();
        Assert.Equal((await OfVmsAsync(server.Admin)).ToString(), (await GivenAsync(server.Admin)).ToString());
    }

    private static Ledger OfVms(IReadOnlyList<JsonElement> vms, IReadOnlyList<JsonElement> volumes)
    {
        Dictionary<string, long> sums = new(StringComparer.Ordinal);
        foreach (var volume in volumes)
        {
            Add(sums, "volumes", "rows", 1);
            if (volume.Text("state") is "Failed") continue;
            Add(sums, volume.Text("projectId")!, "bytes", volume.Number("size"));
            Add(sums, volume.Text("storageId")!, "bytes", volume.Number("size"));
            Add(sums, volume.Text("storageId")!, "volumes", 1);
        }

        foreach (var vm in vms)
        {
            foreach (var holder in new[] { vm.Text("hostId"), vm.Text("projectId") }.OfType<string>())
            {
                Add(sums, holder, "vms", 1);
                Add(sums, holder, "cpus", vm.Number("cpus"));
                Add(sums, holder, "memory", vm.Number("memory"));
            }

            Add(sums, vm.Text("projectId")!, "bytes", vm.Number("rootDisk"));
            Add(sums, vm.Text("storageId")!, "bytes", vm.Number("rootDisk"));
            Add(sums, vm.Text("storageId")!, "volumes", 1);
            Add(sums, "volumes", "rows", 1);
            foreach (var nic in vm.GetProperty("nics").EnumerateArray()) Add(sums, nic.Text("l3Id")!, "addresses", 1);
        }

        return Of(sums);
    }

    private static Ledger Of(Dictionary<string, long> sums) => new(sums.Where(s => s.Value != 0).ToDictionary(StringComparer.Ordinal));

    private static void Add(Dictionary<string, long> sums, JsonElement row, params ReadOnlySpan<(string What, string Field)> fields)
    {
        foreach (var (what, field) in fields) Add(sums, row.Id, what, row.Number(field));
    }

    private static void Add(Dictionary<string, long> sums, string holder, string what, long amount) =>
        sums[$"{holder} {what}"] = sums.GetValueOrDefault($"{holder} {what}") + amount;
}
