using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Domain.Vm;

/// <summary>It is about to have one more NIC. From now on the NIC's id is taken.</summary>
[EventName("vm.attaching-nic/1")]
public sealed record VmAttachingNic(NicRequest Nic, OperationId Operation) : IEvent;

/// <summary>It has one more NIC from now on, whenever it runs.</summary>
[EventName("vm.nic-attached/1")]
public sealed record VmNicAttached(VmNic Nic, OperationId Operation) : IEvent;

/// <param name="Nic">The NIC's id.</param>
[EventName("vm.detaching-nic/1")]
public sealed record VmDetachingNic(string Nic, OperationId Operation) : IEvent;

/// <param name="Nic">The NIC's id; no other NIC ever gets it.</param>
[EventName("vm.nic-detached/1")]
public sealed record VmNicDetached(string Nic, OperationId Operation) : IEvent;
