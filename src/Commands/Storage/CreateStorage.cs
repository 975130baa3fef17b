using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Storage;

public sealed record CreateStorage(StorageId Storage, string Name, string? Description, ZoneId Zone, IReadOnlyList<ClusterId> Clusters, HostId? Host, string Driver, string Path, Bytes Capacity)
    : ICommand<StorageState>, ICreateResource
{
    string ICommand.Stream => Storage.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [Zone.Value, .. Clusters.Select(c => c.Value), .. Host is { } host ? new[] { host.Value } : []];

    public Decision Decide(StorageState state) =>
        state.DecideCreate(Storage.Value, new StorageCreated(Storage, Name, Description, Zone, Clusters, Host, Driver, Path, Capacity));

    public sealed class Validator : AbstractValidator<CreateStorage>
    {
        public Validator()
        {
            RuleFor(c => c.Storage.Value).AnId(StorageId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            // An id of no kind has no stream that could refuse it, nor one to undo on.
            RuleForEach(c => c.Clusters.Select(k => k.Value)).AnId(ClusterId.Kind).OverridePropertyName("ClusterIds");
            RuleFor(c => c.Driver).NotEmpty().MaximumLength(63);
            RuleFor(c => c.Path).NotNull().MaximumLength(1_024);
            RuleFor(c => c.Path).Must(p => p is not null && p.StartsWith('/') && !p.Contains("/../", StringComparison.Ordinal) && !p.EndsWith("/..", StringComparison.Ordinal)).When(c => !string.Equals(c.Driver, "simulator", StringComparison.Ordinal)).WithMessage("The path is an absolute folder on the host, without '..'.");
            RuleFor(c => c.Capacity).Must(m => m >= 1.MiB && m <= 1_048_576.TiB).WithMessage("The capacity is from 1048576 (1 MiB) to 1152921504606846976 (1 EiB) bytes.");
        }
    }
}

public sealed class CreateStorageWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateStorage>(StorageId.Kind);
}
