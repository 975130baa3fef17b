using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Token;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Token;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Host;

/// <summary>What an agent asks for when it dials in for the first time.</summary>
/// <param name="Token">Lets one agent in, once.</param>
/// <param name="SecretHash">Of the secret that the agent will prove itself by.</param>
public sealed record HostEnrolment(
    TokenId Token, HostId Host, string HostName, ZoneId Zone, ClusterId Cluster, string Driver, int Cpus, Bytes Memory,
    int CpuRatio, Bytes ReservedMemory, string SecretHash)
{
    public CreateHost Create => new(Host, HostName, null, Zone, Cluster, Driver, Cpus, Memory, CpuRatio, ReservedMemory);

    public sealed class Validator : AbstractValidator<HostEnrolment>
    {
        public Validator()
        {
            RuleFor(e => e.Create).SetValidator(new CreateHost.Validator()).OverridePropertyName("");
            RuleFor(e => e.SecretHash).NotEmpty();
        }
    }
}

/// <summary>Uses the token up first, so that of two agents with the same one only one gets in.</summary>
public sealed class EnrolHostWorkflow : IDefineWorkflow
{
    public const string Name = "host.enrol";

    public static IWorkflow Definition { get; } = new Workflow<HostEnrolment>(Name,
    [
        new("token", StepKind.Command, r => new UseToken(r.Input.Token, r.Input.Host.Value)),
        new("cluster", StepKind.Command,
            r => new AddDependent(r.Input.Cluster.Value, r.Input.Host.Value, r.Operation.Value),
            r => new RemoveDependent(r.Input.Cluster.Value, r.Input.Host.Value, r.Operation.Value)),
        new("host", StepKind.Command, r => r.Input.Create),
        new("agent", StepKind.Command, r => new EnrolAgent(r.Input.Host, r.Input.SecretHash)) { MustSucceed = true },
    ]);
}
