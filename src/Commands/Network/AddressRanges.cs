using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;

namespace IaaS.Commands.Network;

/// <summary>Adds addresses to those that a network gives away.</summary>
/// <param name="Range">Names the range within the network.</param>
public sealed record AddAddressRange(L3Id L3, string Range, string First, string Last) : ICommand<L3State>
{
    string ICommand.Stream => L3.Value;

    public Decision Decide(L3State state)
    {
        if (state.RefuseUnlessPresent(L3.Value) is { } refusal) return refusal;
        if (!IpV4.TryParse(First, out var first) || !IpV4.TryParse(Last, out var last) || first > last) return Bad($"{First} to {Last} is no range of IPv4 addresses.");
        if (!state.Subnet.Holds(first) || !state.Subnet.Holds(last)) return Bad($"{First} to {Last} is not inside {state.Subnet}, its first and last address left out.");
        if (IpV4.TryParse(state.Created!.Gateway, out var gateway) && gateway >= first && gateway <= last) return Bad($"{First} to {Last} holds the gateway {gateway}.");
        if (state.Ranges.Find(r => string.Equals(r.Id, Range, StringComparison.Ordinal)) is { } same)
        {
            return same.First == first && same.Last == last
                ? Decision.Already()
                : Decision.Reject(RejectionKind.Conflict, "l3.range-exists", $"{L3} has a range {Range} already, from {same.First} to {same.Last}.");
        }

        return state.Ranges.Find(r => first <= r.Last && last >= r.First) is { } other
            ? Decision.Reject(RejectionKind.Conflict, "l3.range-overlaps", $"{First} to {Last} overlaps the range {other.Id} from {other.First} to {other.Last}.")
            : Decision.Accept(new AddressRangeAdded(Range, First, Last));
    }

    private static Decision Bad(string why) => Decision.Reject(RejectionKind.Invalid, "l3.bad-range", why);

    public sealed class Validator : AbstractValidator<AddAddressRange>
    {
        public Validator()
        {
            RuleFor(c => c.Range).Matches("^[a-z0-9][a-z0-9-]{0,62}$").WithMessage("A range's id is 1 to 63 lower-case letters, digits and dashes.");
            RuleFor(c => c.First).Must(a => IpV4.TryParse(a, out _)).WithMessage("The first address is four numbers with dots, for example 10.0.0.10.");
            RuleFor(c => c.Last).Must(a => IpV4.TryParse(a, out _)).WithMessage("The last address is four numbers with dots, for example 10.0.0.200.");
        }
    }
}

public sealed record RemoveAddressRange(L3Id L3, string Range) : ICommand<L3State>
{
    string ICommand.Stream => L3.Value;

    public Decision Decide(L3State state)
    {
        if (state.RefuseUnlessPresent(L3.Value) is { } refusal) return refusal;
        if (state.Ranges.Find(r => string.Equals(r.Id, Range, StringComparison.Ordinal)) is not { } range)
            return Decision.Reject(RejectionKind.NotFound, "l3.range-not-found", $"{L3} has no range {Range}.");
        var taken = state.Holders4.Where(h => range.Holds(h.Key)).Select(h => h.Value).Take(1).FirstOrDefault();
        return taken is null
            ? Decision.Accept(new AddressRangeRemoved(Range))
            : Decision.Reject(RejectionKind.Conflict, "l3.range-in-use", $"Addresses of {Range} are taken, one by {taken}. Destroy what has them first.");
    }

    public sealed class Validator : AbstractValidator<RemoveAddressRange>
    {
        public Validator() => RuleFor(c => c.Range).NotEmpty().MaximumLength(63);
    }
}

public sealed class AddAddressRangeWorkflow : IDefineWorkflow
{
    public const string Name = "l3.add-range";

    public static IWorkflow Definition { get; } = new Workflow<AddAddressRange>(Name, [new("add", StepKind.Command, r => r.Input)]);
}

public sealed class RemoveAddressRangeWorkflow : IDefineWorkflow
{
    public const string Name = "l3.remove-range";

    public static IWorkflow Definition { get; } = new Workflow<RemoveAddressRange>(Name, [new("remove", StepKind.Command, r => r.Input)]);
}
