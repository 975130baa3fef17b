using System.Text.Json;
using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Cascade;

/// <param name="Disable">It takes new things now; while it is deleted it must not.</param>
public sealed record CascadeTarget(string Id, bool Disable)
{
    public sealed class Validator : AbstractValidator<CascadeTarget>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty().MaximumLength(ResourceId.MaxLength);
    }
}

/// <summary>It was not deleted: it takes new things as before. Not a one-off, since the step that it takes back was one.</summary>
public sealed record ReopenResource(string Stream) : ICommand<ResourceState>
{
    public Decision Decide(ResourceState state) =>
        state is { Existence: Existence.Present, Enabled: false } ? Decision.Accept(new ResourceEnabled()) : Decision.Already();
}

/// <summary>
/// Deletes a resource with all that stands on it, from the outside in, each by an operation of its own. What is deleted stays deleted; when
/// something cannot be, the resource stays and takes new things again.
/// </summary>
public sealed class DeleteCascadeWorkflow : IDefineWorkflow
{
    public const string Name = "resource.delete-cascade";

    public static IWorkflow Definition { get; } = new Workflow<CascadeTarget>(Name,
    [
        new("disable", StepKind.Command,
            r => new DisableResource(r.Input.Id),
            r => r.Input.Disable ? new ReopenResource(r.Input.Id) : new AllOf([])) { When = r => r.Input.Disable },
        // Nothing is taken back: what is deleted is deleted.
        new("contents", StepKind.Wish, r => new DeleteContents(r.Input.Id), _ => new AllOf([])) { Recorded = true },
        new("delete", StepKind.Command, r => new DeleteResource(r.Input.Id)) { Recorded = true },
        new("parents", StepKind.Command,
            r => new AllOf([.. JsonSerializer.Deserialize<string[]>(r["delete"])!.Select(p => new RemoveDependent(p, r.Input.Id))])) { MustSucceed = true },
    ])
    { TimeLimit = TimeSpan.FromHours(6), Keeps = true };
}
