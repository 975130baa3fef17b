using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Cluster;
using IaaS.Domain.Kernel;
using IaaS.Domain.Zone;

namespace IaaS.Commands.Cluster;

public sealed record CreateCluster(ClusterId Cluster, string Name, string? Description, ZoneId Zone)
    : ICommand<ClusterState>, ICreateResource
{
    string ICommand.Stream => Cluster.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [Zone.Value];

    public Decision Decide(ClusterState state) =>
        state.DecideCreate(Cluster.Value, new ClusterCreated(Cluster, Name, Description, Zone));

    public sealed class Validator : AbstractValidator<CreateCluster>
    {
        public Validator()
        {
            RuleFor(c => c.Cluster.Value).AnId(ClusterId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
        }
    }
}

public sealed class CreateClusterWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateCluster>(ClusterId.Kind);
}
