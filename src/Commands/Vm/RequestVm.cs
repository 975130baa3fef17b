using FluentValidation;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Vm;

/// <summary>What <c>vm.create</c> was asked for, with every name resolved and every id chosen. Stored with the operation.</summary>
/// <param name="RootDisk">Virtual size of the root disk.</param>
/// <param name="Zone">Where it must go; null for anywhere. So too <paramref name="Cluster"/> and <paramref name="Host"/>.</param>
/// <param name="Stopped">It is made, and not started.</param>
/// <param name="Storage">That its root disk must be on, for its image is there; null for any.</param>
public sealed record VmOrder(
    VmId Vm, string Name, string? Description, ProjectId Project, int Cpus, Bytes Memory,
    ImageId Image, string ImageLocation, VolumeId RootVolume, Bytes RootDisk, IReadOnlyList<NicRequest> Nics,
    string? Zone, string? Cluster, string? Host, IReadOnlyList<string>? Tags = null, bool Stopped = false, HostLossPolicy OnHostLoss = HostLossPolicy.Wait,
    StorageId? Storage = null)
{
    public const int MaxNics = VmNic.Most;

    public sealed class Validator : AbstractValidator<VmOrder>
    {
        public Validator()
        {
            RuleFor(c => c.Vm.Value).AnId(VmId.Kind).OverridePropertyName("Id");
            RuleFor(c => c.Name).AName();
            RuleFor(c => c.Description).ADescription();
            RuleFor(c => c.OnHostLoss).AKnownValue();
            RuleFor(c => c.Cpus).Cpus();
            RuleFor(c => c.Memory).VmMemory();
            RuleFor(c => c.RootDisk).Must(d => d >= 1.MiB && d <= 64.TiB).WithMessage("The root disk is from 1048576 (1 MiB) to 70368744177664 (64 TiB) bytes.");
            RuleFor(c => c.Nics).Must(n => n.Count <= MaxNics).WithMessage($"A VM has at most {MaxNics} NICs.");
            RuleFor(c => c.Tags).Must(t => t is null || t.Count <= TagRules.MostTags).WithMessage($"A VM has at most {TagRules.MostTags} tags.");
            RuleForEach(c => c.Tags).ATag();
            RuleForEach(c => c.Nics).ChildRules(nic => nic.RuleFor(n => n.Address)
                .Must(a => IpV4.TryParse(a, out _)).When(n => n.Address is not null).WithMessage("An address is four numbers with dots."));
        }
    }
}

/// <summary>How large a VM can be.</summary>
public static class VmRules
{
    extension<T>(IRuleBuilder<T, int> rule)
    {
        public IRuleBuilderOptions<T, int> Cpus() => rule.InclusiveBetween(1, 512);
    }

    extension<T>(IRuleBuilder<T, Bytes> rule)
    {
        public IRuleBuilderOptions<T, Bytes> VmMemory() =>
            rule.Must(m => m >= 16.MiB && m <= 64.TiB).WithMessage("Memory is from 16777216 (16 MiB) to 70368744177664 (64 TiB) bytes.");
    }
}

/// <summary>The VM's id is taken and it exists, to be created.</summary>
public sealed record RequestVm(VmOrder Order, OperationId Operation) : ICommand<VmState>, IBegin
{
    string ICommand.Stream => Order.Vm.Value;

    public Decision Decide(VmState state)
    {
        if (state.Phase is VmPhase.Absent)
        {
            return Decision.Accept(
            [
                new VmRequested(Order.Vm, Order.Name, Order.Description, Order.Project, Order.Cpus, Order.Memory,
                    Order.Image, Order.RootVolume, Order.RootDisk, Order.Nics, Operation),
                .. Order.OnHostLoss is HostLossPolicy.Wait ? [] : new IEvent[] { new VmHostLossPolicySet(Order.OnHostLoss) },
                .. (Order.Tags ?? []).Distinct(StringComparer.Ordinal).Select(t => new ResourceTagged(t)),
            ]);
        }

        return string.Equals(state.Requested!.Operation.Value, Operation.Value, StringComparison.Ordinal)
            ? Decision.Already()
            : Decision.Reject(RejectionKind.Conflict, "vm.already-exists", $"{Order.Vm} exists already, or did. Send another id, or none to get one.");
    }
}

/// <summary>The workflow's last word on a VM that exists with all that it stands on.</summary>
/// <param name="Stopped">It does not run yet.</param>
public sealed record MarkVmCreated(VmId Vm, VmCreated Created, bool Stopped) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) => VmChange.End(state, Created.Operation, VmPhase.Creating, Stopped ? [Created, new VmStopped(Created.Operation)] : [Created]);
}

/// <summary>The workflow's last word on a VM whose creation was undone.</summary>
public sealed record MarkVmFailed(VmId Vm, Rejection Error, OperationId Operation) : ICommand<VmState>
{
    string ICommand.Stream => Vm.Value;

    public Decision Decide(VmState state) =>
        state.Phase is VmPhase.Creating && string.Equals(state.Operation, Operation.Value, StringComparison.Ordinal)
            ? Decision.Accept(new VmCreationFailed(Error, Operation))
            : Decision.Already();
}
