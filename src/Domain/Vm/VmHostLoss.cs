using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Domain.Vm;

/// <summary>What becomes of a VM whose host is lost.</summary>
public enum HostLossPolicy
{
    /// <summary>It waits for its host. The guest goes on there, if the host still has power.</summary>
    Wait,

    /// <summary>It is started on another host. Its guest runs only while its host's lease holds, so that it never runs twice.</summary>
    Restart,
}

[EventName("vm.host-loss-policy-set/1")]
public sealed record VmHostLossPolicySet(HostLossPolicy Policy) : IEvent;

/// <summary>Its host's lease has ended. Nobody knows whether the guest runs.</summary>
[EventName("vm.host-lost/1")]
public sealed record VmHostLost(HostId Host) : IEvent;

/// <summary>Its host is there, and the guest does not run on it, though nobody asked for that.</summary>
[EventName("vm.missing/1")]
public sealed record VmMissing(HostId Host) : IEvent;

/// <summary>Its host is there again, and the guest runs on it.</summary>
/// <param name="Paused">It stands still.</param>
[EventName("vm.found/1")]
public sealed record VmFound(HostId Host, bool Paused) : IEvent;

[EventName("vm.failing-over/1")]
public sealed record VmFailingOver(OperationId Operation) : IEvent;

/// <summary>It was started on another host, and runs there.</summary>
[EventName("vm.failed-over/1")]
public sealed record VmFailedOver(HostId Host, OperationId Operation) : IEvent;

/// <summary>A host has a guest of it that the log gave away. That guest is being stopped and removed.</summary>
[EventName("vm.stray-clearing/1")]
public sealed record VmStrayClearing(HostId Host, OperationId Operation) : IEvent;

[EventName("vm.stray-cleared/1")]
public sealed record VmStrayCleared(HostId Host, OperationId Operation) : IEvent;
