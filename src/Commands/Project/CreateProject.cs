using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;

namespace IaaS.Commands.Project;

public sealed record CreateProject(ProjectId Project, string Name, string? Description, Quota Quota)
    : ICommand<ProjectState>, ICreateResource
{
    string ICommand.Stream => Project.Value;

    IReadOnlyList<string> ICreateResource.StandsOn() => [];

    public Decision Decide(ProjectState state) =>
        state.DecideCreate(Project.Value, new ProjectCreated(Project, Name, Description, Quota));

    public sealed class Validator : AbstractValidator<CreateProject>
    {
        public Validator()
        {
            RuleFor(c => c.Project.Value).AnId(ProjectId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.Quota).NotNull().SetValidator(new QuotaValidator());
        }
    }
}

public sealed class CreateProjectWorkflow : IDefineWorkflow
{
    public static IWorkflow Definition { get; } = CreateResource.Workflow<CreateProject>(ProjectId.Kind);
}
