using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel;

/// <summary>Brings a wish to the host that it names, wherever the drivers of that host are: in this process or behind an agent.</summary>
public interface IDrivers
{
    /// <param name="task">Identifies the request; the same task asked twice is carried out once or idempotently.</param>
    /// <param name="wish">What is wanted.</param>
    /// <param name="ct">Ends the waiting, not the work: what was begun may still take effect.</param>
    Task<Outcome> PerformAsync(string task, Wish wish, CancellationToken ct);
}
