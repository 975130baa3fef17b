using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Resources;

/// <summary>One tag of one resource of any kind.</summary>
public sealed record ResourceTag(string Id, string Tag)
{
    public sealed class Validator : AbstractValidator<ResourceTag>
    {
        public Validator() => RuleFor(c => c.Tag).ATag();
    }
}

public sealed class TagWorkflow : IDefineWorkflow
{
    public const string Name = "resource.tag";

    public static IWorkflow Definition { get; } = new Workflow<ResourceTag>(Name,
        [new("tag", StepKind.Command, r => new AddTag(r.Input.Id, r.Input.Tag))]);
}

public sealed class UntagWorkflow : IDefineWorkflow
{
    public const string Name = "resource.untag";

    public static IWorkflow Definition { get; } = new Workflow<ResourceTag>(Name,
        [new("untag", StepKind.Command, r => new RemoveTag(r.Input.Id, r.Input.Tag))]);
}
