using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record RenameVm(VmId Vm, string Name, string? Description) : ICommand<VmState>, IOneOff
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => state.RefuseUnlessPresent(Vm.Value)
        // Repeated, after a crash for example, it has happened already.
        ?? (state.Requested is { } r && string.Equals(r.Name, Name, StringComparison.Ordinal) && string.Equals(r.Description, Description, StringComparison.Ordinal)
            ? Decision.Already()
            : Decision.Accept(new ResourceRenamed(Name, Description)));

    public sealed class Validator : AbstractValidator<RenameVm>
    {
        public Validator()
        {
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
        }
    }
}

public sealed class RenameVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.rename";

    public static IWorkflow Definition { get; } = new Workflow<RenameVm>(Name, [new("rename", StepKind.Command, r => r.Input)]);
}
