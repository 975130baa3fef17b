using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Host;

public sealed record CreateHost(HostId Host, string Name, string? Description, ZoneId Zone, ClusterId Cluster, string Driver, int Cpus, Bytes Memory, int CpuRatio, Bytes ReservedMemory)
    : ICommand<HostState>, ICreateResource
{
    string ICommand.Stream => Host.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [Cluster.Value];

    public Decision Decide(HostState state) =>
        state.DecideCreate(Host.Value, new HostCreated(Host, Name, Description, Zone, Cluster, Driver, Cpus, Memory, CpuRatio, ReservedMemory));

    public sealed class Validator : AbstractValidator<CreateHost>
    {
        public Validator()
        {
            RuleFor(c => c.Host.Value).AnId(HostId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Driver).NotEmpty().MaximumLength(63);
            RuleFor(c => c.Cpus).InclusiveBetween(1, 65_536);
            RuleFor(c => c.CpuRatio).InclusiveBetween(1, 100);
            RuleFor(c => c.Memory).Must(m => m >= 64.MiB && m <= 1_024.TiB).WithMessage("Memory is from 67108864 (64 MiB) to 1125899906842624 (1 PiB) bytes.");
            RuleFor(c => c.ReservedMemory).Must((c, m) => m >= Bytes.Zero && m < c.Memory).WithMessage("The reserved memory is from 0 to less than the memory, in bytes.");
        }
    }
}

public sealed class CreateHostWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateHost>(HostId.Kind);
}
