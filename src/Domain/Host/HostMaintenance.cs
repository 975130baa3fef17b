using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Domain.Host;

/// <summary>Whether a host is kept free of VMs, for work on it.</summary>
public enum HostMaintenance
{
    None,

    /// <summary>It takes nothing new, and its VMs are leaving.</summary>
    Entering,

    /// <summary>It has no VM.</summary>
    In,
}

/// <summary>It takes nothing new from now on, and its VMs leave.</summary>
[EventName("host.maintenance-begun/1")]
public sealed record MaintenanceBegun(OperationId Operation) : IEvent;

/// <summary>Its last VM has left.</summary>
[EventName("host.maintenance-entered/1")]
public sealed record MaintenanceEntered(OperationId Operation) : IEvent;

/// <summary>It takes VMs again.</summary>
/// <param name="Error">Why it could not be entered; null when somebody ended it.</param>
[EventName("host.maintenance-ended/1")]
public sealed record MaintenanceEnded(Rejection? Error) : IEvent;
