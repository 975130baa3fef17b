using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;

namespace IaaS.Commands.Project;

/// <summary>Sets all limits of a project. What it has already stays, even where it is more.</summary>
public sealed record SetQuota(ProjectId Project, Quota Quota) : ICommand<ProjectState>, IOneOff
{
    string ICommand.Stream => Project.Value;

    public Decision Decide(ProjectState state) =>
        state.RefuseUnlessPresent(Project.Value)
        ?? (state.Quota == Quota ? Decision.Already() : Decision.Accept(new QuotaSet(Quota)));

    public sealed class Validator : AbstractValidator<SetQuota>
    {
        public Validator() => RuleFor(c => c.Quota).NotNull().SetValidator(new QuotaValidator());
    }
}

public sealed class QuotaValidator : AbstractValidator<Quota>
{
    public QuotaValidator()
    {
        RuleFor(q => q.Vms).GreaterThanOrEqualTo(0).When(q => q.Vms is not null);
        RuleFor(q => q.Cpus).GreaterThanOrEqualTo(0).When(q => q.Cpus is not null);
        RuleFor(q => q.Memory).Must(b => b >= Bytes.Zero).When(q => q.Memory is not null).WithMessage("Bytes, 0 or more.");
        RuleFor(q => q.Storage).Must(b => b >= Bytes.Zero).When(q => q.Storage is not null).WithMessage("Bytes, 0 or more.");
    }
}

public sealed class SetQuotaWorkflow : IDefineWorkflow
{
    public const string Name = "project.set-quota";

    public static IWorkflow Definition { get; } = new Workflow<SetQuota>(Name, [new("set", StepKind.Command, r => r.Input)]);
}
