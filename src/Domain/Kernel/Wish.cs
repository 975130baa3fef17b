using IaaS.Domain.Host;

namespace IaaS.Domain.Kernel;

/// <summary>
/// A state of the outside world that the control plane wants on one host. A driver brings it about and is idempotent:
/// wished twice, it holds once. Found by its type; a new wish is a new record and changes nothing else.
/// </summary>
/// <param name="Host">Where.</param>
public abstract record Wish(HostId Host) : IRequest
{
    /// <summary>
    /// What it is about. Wishes about the same thing are carried out in the order in which they were asked, so that a wish
    /// that waited too long cannot take effect after the wish that takes it back. A method, so that it is not serialised.
    /// </summary>
    public virtual string Subject() => Host.Value;
}

/// <summary>What came of a wish. Exceptions are bugs; failures of the outside world are values.</summary>
public abstract record Outcome
{
    private Outcome() { }

    /// <param name="Output">What the caller learns, for example a device name.</param>
    public sealed record Done(string Output = "") : Outcome;

    /// <param name="Error">Code, what was asked, of what, and what the device said.</param>
    /// <param name="Retry">True when the same wish may succeed later.</param>
    public sealed record Failed(Rejection Error, bool Retry) : Outcome;

    public static Outcome Fail(string code, string detail, bool retry = false) =>
        new Failed(new Rejection(RejectionKind.Unavailable, code, detail), retry);
}
