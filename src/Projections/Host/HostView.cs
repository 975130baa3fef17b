using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Host;

/// <summary>One row per host. Cpus and Memory (bytes) are what can be given away in all, Used… what is given away.</summary>
/// <param name="Status">Connecting, Connected, Disconnected, or Lost when its lease has ended.</param>
/// <param name="Maintenance">Entering while its VMs leave, In when the last has left.</param>
/// <param name="Strangers">Domains on it that the log does not know.</param>
public sealed record HostView(
    string Id, string Name, string? Description, bool Enabled, string ZoneId, string ClusterId, string Driver, string Status, int Cpus, Bytes Memory,
    int UsedCpus, Bytes UsedMemory, int VmCount, int CpuRatio, Bytes ReservedMemory, string? HostName, string? Hypervisor, string? AgentVersion,
    HostMaintenance Maintenance, IReadOnlyList<string> Strangers, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt) : IView<HostView>
{
    public static ViewType Type { get; } = new("host", Version: 4,
        [new("zone", "zone", "zoneId"), new("cluster", "cluster", "clusterId")], ProjectField: null, "clusterId", "tags")
    { Plural = "hosts" };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "host");

    public static HostView? Apply(HostView? row, Recorded happened) => (happened.Event, row) switch
    {
        (HostCreated e, null) => new(happened.Stream, e.Name, e.Description, Enabled: true,
            e.Zone.Value, e.Cluster.Value, e.Driver, string.Equals(e.Driver, "simulator", StringComparison.Ordinal) ? "Connected" : "Connecting",
            e.Cpus * e.CpuRatio, e.Memory - e.ReservedMemory, 0, Bytes.Zero, 0, e.CpuRatio, e.ReservedMemory, null, null, null, HostMaintenance.None, [], [], happened.At, happened.At),
        (ResourceRenamed e, { } r) => r with { Name = e.Name, Description = e.Description, UpdatedAt = happened.At },
        (ResourceTagged e, { } r) => r with { Tags = r.Tags.With(e.Tag), UpdatedAt = happened.At },
        (ResourceUntagged e, { } r) => r with { Tags = r.Tags.Without(e.Tag), UpdatedAt = happened.At },
        (ResourceEnabled, { } r) => r with { Enabled = true, UpdatedAt = happened.At },
        (ResourceDisabled, { } r) => r with { Enabled = false, UpdatedAt = happened.At },
        (HostConnected e, { } r) => r with
        {
            Status = "Connected",
            Cpus = e.Cpus * r.CpuRatio,
            Memory = e.Memory - r.ReservedMemory,
            HostName = e.HostName,
            Hypervisor = e.Hypervisor,
            AgentVersion = e.AgentVersion,
            UpdatedAt = happened.At,
        },
        (HostDisconnected, { } r) => r with { Status = "Disconnected", UpdatedAt = happened.At },
        (HostLost, { } r) => r with { Status = "Lost", UpdatedAt = happened.At },
        (HostStrangersFound e, { } r) => r with { Strangers = e.Domains, UpdatedAt = happened.At },
        (MaintenanceBegun, { } r) => r with { Maintenance = HostMaintenance.Entering, UpdatedAt = happened.At },
        (MaintenanceEntered, { } r) => r with { Maintenance = HostMaintenance.In, UpdatedAt = happened.At },
        (MaintenanceEnded, { } r) => r with { Maintenance = HostMaintenance.None, UpdatedAt = happened.At },
        (CapacityReserved e, { } r) => r with { UsedCpus = r.UsedCpus + e.Cpus, UsedMemory = r.UsedMemory + e.Memory, VmCount = r.VmCount + 1 },
        (CapacityReleased e, { } r) => r with { UsedCpus = r.UsedCpus - e.Cpus, UsedMemory = r.UsedMemory - e.Memory, VmCount = r.VmCount - 1 },
        (ResourceDeleted, _) => null,
        _ => row,
    };
}
