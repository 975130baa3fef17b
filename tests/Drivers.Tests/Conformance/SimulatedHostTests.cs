namespace IaaS.Drivers.Tests.Conformance;

public sealed class SimulatedHypervisorTests() : HypervisorConformance(new SimulatedTestHost());

public sealed class SimulatedStorageTests() : StorageConformance(new SimulatedTestHost());

public sealed class SimulatedNetworkTests() : NetworkConformance(new SimulatedTestHost());
