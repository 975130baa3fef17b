namespace IaaS.Agent.Contract;

/// <summary>Body of <c>POST /v1/agents/enroll</c>, in camel case.</summary>
/// <param name="Token">Given to the operator by the control plane; proves that the host may join.</param>
/// <param name="HostName">How people call the host.</param>
/// <param name="Driver">The hypervisor driver.</param>
public sealed record EnrollRequest(string Token, string HostName, EnrollFacts Facts, string Driver = "kvm");

/// <param name="Cpus">Logical processors.</param>
/// <param name="Memory">All of the host's memory, in bytes.</param>
/// <param name="Hypervisor">Name and version.</param>
public sealed record EnrollFacts(int Cpus, long Memory, string Hypervisor);

/// <param name="HostId">For example <c>host-rack1-07</c>.</param>
/// <param name="Secret">Proves from now on who the agent is. The control plane shows it once.</param>
/// <param name="GrpcUrl">Where to dial, for example <c>http://10.0.0.1:5001</c>; empty for the address that was enrolled at.</param>
public sealed record EnrollResponse(string HostId, string Secret, string GrpcUrl);
