using IaaS.Domain.Kernel;

namespace IaaS.Projections.Query;

/// <summary>What a query answers: a value, or why it was refused. What users do wrong is no exception.</summary>
public abstract record Answer<T>
{
    private Answer() { }

    public sealed record Given(T Value) : Answer<T>;

    public sealed record Refused(Rejection Reason) : Answer<T>;

    /// <summary>Goes on with what was given; a refusal stays what it is.</summary>
    public Answer<TNext> Then<TNext>(Func<T, Answer<TNext>> next) => this switch
    {
        Given { Value: var value } => next(value),
        Refused { Reason: var why } => why,
        _ => throw new InvalidOperationException("An answer is given or refused."),
    };

    public static implicit operator Answer<T>(Rejection reason) => new Refused(reason);

    public static implicit operator Answer<T>(T value) => new Given(value);
}
