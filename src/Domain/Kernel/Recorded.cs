namespace IaaS.Domain.Kernel;

/// <summary>An event as the store holds it: the fact, where it stands, and who brought it about.</summary>
/// <param name="Event">The fact.</param>
/// <param name="Stream">The stream's id, for example <c>vm-0k3…</c>.</param>
/// <param name="Version">Place in its stream, from 1.</param>
/// <param name="Position">Place in the whole log; it grows with every commit, with gaps.</param>
/// <param name="At">When it was committed, UTC.</param>
/// <param name="Origin">Who and what caused it.</param>
public sealed record Recorded(IEvent Event, string Stream, long Version, long Position, DateTimeOffset At, Origin Origin);

/// <summary>Who and what caused an event.</summary>
/// <param name="Actor">The token or part of the system that acted: <c>token-admin</c>, <c>system</c>, <c>agent:host-7</c>.</param>
/// <param name="Correlation">The operation that everything about one request shares: <c>op-…</c>.</param>
/// <param name="Causation">What within it, for example the step <c>host</c>.</param>
public sealed record Origin(string Actor, string Correlation, string Causation)
{
    public static Origin System { get; } = new("system", "", "");
}
