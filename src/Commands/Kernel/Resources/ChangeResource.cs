using System.Text.Json;
using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Resources;

/// <summary>Names a resource of any kind.</summary>
public sealed record ResourceTarget(string Id);

/// <summary>Ends a resource on which nothing stands, then lets go of what it stood on.</summary>
public sealed class DeleteWorkflow : IDefineWorkflow
{
    public const string Name = "resource.delete";

    public static IWorkflow Definition { get; } = new Workflow<ResourceTarget>(Name,
    [
        new("delete", StepKind.Command, r => new DeleteResource(r.Input.Id)) { Recorded = true },
        new("parents", StepKind.Command,
            r => new AllOf([.. JsonSerializer.Deserialize<string[]>(r["delete"])!.Select(p => new RemoveDependent(p, r.Input.Id))])) { MustSucceed = true },
    ]);
}

public sealed record ResourceName(string Id, string Name, string? Description)
{
    public sealed class Validator : AbstractValidator<ResourceName>
    {
        public Validator()
        {
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
        }
    }
}

public sealed class RenameWorkflow : IDefineWorkflow
{
    public const string Name = "resource.rename";

    public static IWorkflow Definition { get; } = new Workflow<ResourceName>(Name,
        [new("rename", StepKind.Command, r => new RenameResource(r.Input.Id, r.Input.Name, r.Input.Description))]);
}

public sealed class EnableWorkflow : IDefineWorkflow
{
    public const string Name = "resource.enable";

    public static IWorkflow Definition { get; } = new Workflow<ResourceTarget>(Name,
        [new("enable", StepKind.Command, r => new EnableResource(r.Input.Id))]);
}

public sealed class DisableWorkflow : IDefineWorkflow
{
    public const string Name = "resource.disable";

    public static IWorkflow Definition { get; } = new Workflow<ResourceTarget>(Name,
        [new("disable", StepKind.Command, r => new DisableResource(r.Input.Id))]);
}
