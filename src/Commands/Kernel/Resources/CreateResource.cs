using FluentValidation;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Resources;

/// <summary>A command that begins a resource. It is also the stored input of the workflow that carries it out.</summary>
public interface ICreateResource : ICommand
{
    string Name { get; }

    string? Description { get; }

    /// <summary>What it will stand on.</summary>
    IReadOnlyList<string> StandsOn();
}

public static class CreateResource
{
    /// <summary>Holds on to what the resource stands on, then begins it: whatever it stands on cannot be deleted in between.</summary>
    public static Workflow<TCreate> Workflow<TCreate>(string kind) where TCreate : class, ICreateResource => new($"{kind}.create",
    [
        new("parents", StepKind.Command,
            r => new AllOf([.. r.Input.StandsOn().Select(p => new AddDependent(p, r.Input.Stream, r.Operation.Value))]),
            r => new AllOf([.. r.Input.StandsOn().Select(p => new RemoveDependent(p, r.Input.Stream, r.Operation.Value))]))
        {
            When = r => r.Input.StandsOn().Count > 0,
        },
        new("create", StepKind.Command, r => r.Input),
    ]);
}

/// <summary>Rules that several shapes share.</summary>
public static class Rules
{
    public const int NameLength = 255;
    public const int DescriptionLength = 2_048;

    extension<T>(IRuleBuilder<T, string> rule)
    {
        public IRuleBuilderOptions<T, string> AName() => rule
            .NotEmpty().WithMessage("Send a name.")
            .MaximumLength(NameLength).WithMessage($"A name has at most {NameLength} characters.")
            .Must(n => n is null || !n.Any(char.IsControl)).WithMessage("A name has no control characters.");

        public IRuleBuilderOptions<T, string> ATag() => rule
            .Must(TagRules.IsValid)
            .WithMessage($"A tag is a key or key{TagRules.Separator}value, at most {TagRules.MaxLength} characters in all, without control characters, and with no white space at its ends.");

        public IRuleBuilderOptions<T, string> AnId(string kind) => rule
            .Must(id => id is not null && ResourceId.IsValid(id, kind))
            .WithMessage($"An id of this kind is '{kind}-' and then lower-case letters, digits and inner dashes, at most {ResourceId.MaxLength} characters in all.");
    }

    extension<T, TEnum>(IRuleBuilder<T, TEnum> rule) where TEnum : struct, Enum
    {
        /// <summary>As IsInEnum, which looks for the type's attributes each time: a hundredth of the server's time under load.</summary>
        public IRuleBuilderOptions<T, TEnum> AKnownValue() => rule
            .Must(v => Enum.IsDefined(v)).WithMessage($"It is one of {string.Join(", ", Enum.GetNames<TEnum>())}.");
    }

    extension<T>(IRuleBuilder<T, string?> rule)
    {
        public IRuleBuilderOptions<T, string?> ADescription() => rule
            .MaximumLength(DescriptionLength).WithMessage($"A description has at most {DescriptionLength} characters.")
            .Must(d => d is null || !d.Contains('\0', StringComparison.Ordinal)).WithMessage("A description has no null characters.");
    }
}
