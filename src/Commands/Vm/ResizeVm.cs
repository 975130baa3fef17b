using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Project;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

public sealed record VmSize(VmId Vm, int Cpus, Bytes Memory)
{
    public sealed class Validator : AbstractValidator<VmSize>
    {
        public Validator()
        {
            RuleFor(c => c.Cpus).Cpus();
            RuleFor(c => c.Memory).VmMemory();
        }
    }
}

public sealed record BeginResize(VmSize Size, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Size.Vm.Value;

    public Decision Decide(VmState state) =>
        VmChange.Begin(state, Size.Vm, Operation, "resize", VmPhase.Resizing, new VmResizing(Size.Cpus, Size.Memory, Operation), VmPhase.Stopped);
}

public sealed record MarkVmResized(VmSize Size, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Size.Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Operation, VmPhase.Resizing, new VmResized(Size.Cpus, Size.Memory, Operation));
}

/// <summary>Gives a stopped VM another size. It takes effect when it starts.</summary>
public sealed class ResizeVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.resize";

    public static IWorkflow Definition { get; } = new Workflow<VmSize>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginResize(r.Input, r.Operation),
            r => new UndoVmChange(r.Input.Vm, r.Error!, r.Operation)) { Recorded = true },
        new("quota", StepKind.Command,
            r => new ChangeQuotaUse(Facts(r).Project, r.Input.Vm.Value, new QuotaUse(1, r.Input.Cpus, r.Input.Memory, Facts(r).RootDisk)),
            r => new ChangeQuotaUse(Facts(r).Project, r.Input.Vm.Value, new QuotaUse(1, Facts(r).Cpus, Facts(r).Memory, Facts(r).RootDisk), Back: true)),
        new("resized", StepKind.Command, r => new MarkVmResized(r.Input, r.Operation)) { MustSucceed = true },
    ]);

    private static VmFacts Facts(Run<VmSize> run) => run.Output("begin").As(VmFacts.Read);
}
