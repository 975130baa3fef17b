using IaaS.Domain.Kernel;

namespace IaaS.Projections.Query;

/// <summary>What a query answers: a value, or why it was refused. What users do wrong is no exception.</summary>
public abstract record Answer<T>
{
    private Answer() { }

    public sealed record Given(T Value) : Answer<T>;

    public sealed record Refused(Rejection Reason) : Answer<T>;

    public static implicit operator Answer<T>(Rejection reason) => new Refused(reason);

    public static implicit operator Answer<T>(T value) => new Given(value);
}
