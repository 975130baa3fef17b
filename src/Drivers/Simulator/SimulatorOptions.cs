using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Simulator;

/// <summary>How simulated hosts look and misbehave. Without settings they are large, immediate and never fail.</summary>
public sealed record SimulatorOptions
{
    /// <summary>Logical processors of each host.</summary>
    public int Cpus { get; init; } = 64;

    /// <summary>Memory of each host.</summary>
    public Bytes Memory { get; init; } = 256.GiB;

    /// <summary>
    /// Whether disks and guests that it has never heard of are taken to be where the control plane says. Worlds are in memory: when their
    /// process has been started again, they know of nothing that the log has.
    /// </summary>
    public bool Forgetful { get; init; } = true;

    /// <summary>Faults by the name of the wish, for example <c>EnsureRunning</c>; <c>*</c> for every wish that is not named.</summary>
    public IReadOnlyDictionary<string, SimulatorFaults> Faults { get; init; } =
        new Dictionary<string, SimulatorFaults>(StringComparer.Ordinal);
}

/// <summary>What goes wrong with one kind of wish. Counts are per simulated world and begin at 1.</summary>
public sealed record SimulatorFaults
{
    /// <summary>How long a wish takes at least.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How much longer it may take, evenly spread.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The wishes that fail without effect: the first is 1.</summary>
    public IReadOnlyList<long> Fail { get; init; } = [];

    /// <summary>Chance that a wish fails without effect, 0 to 1.</summary>
    public double FailProbability { get; init; }

    /// <summary>The wishes that take effect and whose answer is lost.</summary>
    public IReadOnlyList<long> LoseAnswer { get; init; } = [];

    /// <summary>Chance that a wish takes effect and its answer is lost, 0 to 1.</summary>
    public double LoseAnswerProbability { get; init; }

    /// <summary>Whether a failure invites the caller to ask again.</summary>
    public bool Retry { get; init; } = true;
}
