using System.Collections.Immutable;
using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Domain.Host;

/// <param name="Driver">The hypervisor driver: <c>simulator</c>, <c>kvm</c> …</param>
/// <param name="Cpus">Logical processors.</param>
/// <param name="Memory">Physical, all of it.</param>
/// <param name="CpuRatio">Virtual CPUs that are given away for each logical processor.</param>
/// <param name="ReservedMemory">Kept for the host itself.</param>
[EventName("host.created/1")]
public sealed record HostCreated(
    HostId Host, string Name, string? Description, ZoneId Zone, ClusterId Cluster, string Driver,
    int Cpus, Bytes Memory, int CpuRatio, Bytes ReservedMemory) : IResourceCreated
{
    IReadOnlyList<string> IResourceCreated.Parents => [Cluster.Value];
}

/// <param name="SecretHash">SHA-256 of the agent's secret, hexadecimal.</param>
[EventName("host.agent-enrolled/1")]
public sealed record HostAgentEnrolled(string SecretHash) : IEvent;

[EventName("host.connected/1")]
public sealed record HostConnected(string HostName, int Cpus, Bytes Memory, string Hypervisor, string AgentVersion) : IEvent;

[EventName("host.disconnected/1")]
public sealed record HostDisconnected(string Why) : IEvent;

/// <summary>Its lease has ended: of the guests that need one, none runs there any more. Of the others nobody knows.</summary>
[EventName("host.lost/1")]
public sealed record HostLost(string Why) : IEvent;

/// <summary>Domains that the host has and the log does not. They are left alone.</summary>
/// <param name="Domains">All of them, in order; empty when there are none any more.</param>
[EventName("host.strangers-found/1")]
public sealed record HostStrangersFound(IReadOnlyList<string> Domains) : IEvent;

/// <param name="Holder">The VM that the capacity is for.</param>
[EventName("host.capacity-reserved/1")]
public sealed record CapacityReserved(string Holder, int Cpus, Bytes Memory) : IEvent;

[EventName("host.capacity-released/1")]
public sealed record CapacityReleased(string Holder, int Cpus, Bytes Memory) : IEvent;

public readonly record struct Reservation(int Cpus, Bytes Memory);

/// <summary>A host and the capacity that it has given away. The sums are folds of the reservations, never counted apart.</summary>
public sealed record HostState : ResourceState, IState<HostState>
{
    public static string Kind => HostId.Kind;
    public static HostState Empty { get; } = new();
    public static bool GrowsLong => true;

    public bool Connected { get; init; }

    /// <summary>Its lease has ended, and it has not come back since.</summary>
    public bool Lost { get; init; }

    public IReadOnlyList<string> Strangers { get; init; } = [];

    public HostMaintenance Maintenance { get; init; }

    /// <summary>The operation that began its maintenance last.</summary>
    public string MaintainedBy { get; init; } = "";

    public string SecretHash { get; init; } = "";
    public HostConnected? Facts { get; init; }

    /// <summary>Virtual CPUs that can be given away in all.</summary>
    public int Cpus { get; init; }

    /// <summary>Memory that can be given away in all.</summary>
    public Bytes Memory { get; init; }

    public int CpuRatio { get; init; }
    public Bytes ReservedMemory { get; init; }
    public int UsedCpus { get; init; }
    public Bytes UsedMemory { get; init; }

    public ImmutableDictionary<string, Reservation> Reservations { get; init; } = ImmutableDictionary.Create<string, Reservation>(StringComparer.Ordinal);

    public override IEnumerable<string> Holders => Dependents.Keys.Concat(Reservations.Keys);

    public static HostState Evolve(HostState state, IEvent happened) => happened switch
    {
        HostCreated e => EvolveResource(state, e) with
        {
            Cpus = e.Cpus * e.CpuRatio,
            Memory = e.Memory - e.ReservedMemory,
            CpuRatio = e.CpuRatio,
            ReservedMemory = e.ReservedMemory,
            // A simulated host is reached within the control plane; any other is when its agent says so.
            Connected = string.Equals(e.Driver, "simulator", StringComparison.Ordinal),
        },
        HostAgentEnrolled e => state with { SecretHash = e.SecretHash },
        HostConnected e => state with { Connected = true, Lost = false, Facts = e, Cpus = e.Cpus * state.CpuRatio, Memory = e.Memory - state.ReservedMemory },
        HostDisconnected => state with { Connected = false },
        HostLost => state with { Connected = false, Lost = true },
        HostStrangersFound e => state with { Strangers = e.Domains },
        MaintenanceBegun e => state with { Maintenance = HostMaintenance.Entering, MaintainedBy = e.Operation.Value },
        MaintenanceEntered => state with { Maintenance = HostMaintenance.In },
        MaintenanceEnded => state with { Maintenance = HostMaintenance.None },
        CapacityReserved e => state with
        {
            Reservations = state.Reservations.SetItem(e.Holder, new(e.Cpus, e.Memory)),
            UsedCpus = state.UsedCpus + e.Cpus,
            UsedMemory = state.UsedMemory + e.Memory,
        },
        CapacityReleased e => state with
        {
            Reservations = state.Reservations.Remove(e.Holder),
            UsedCpus = state.UsedCpus - e.Cpus,
            UsedMemory = state.UsedMemory - e.Memory,
        },
        _ => EvolveResource(state, happened),
    };
}
