using System.Collections.Concurrent;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Volume;

namespace IaaS.Drivers.Simulator;

/// <summary>
/// Any number of simulated hosts, made when they are first spoken of. All time comes from the clock and all chance from the
/// function that is given, and a wish without a delay is carried out before the call returns: one thread, one seed, one course of events.
/// </summary>
/// <param name="options">How hosts look and misbehave.</param>
/// <param name="time">For delays.</param>
/// <param name="chance">Draws from 0 up to and without 1.</param>
public sealed class SimulatedWorld(SimulatorOptions options, TimeProvider time, Func<double> chance)
{
    private static readonly Task<Outcome> Done = Task.FromResult<Outcome>(new Outcome.Done());

    private readonly ConcurrentDictionary<HostId, SimulatedHost> hosts = new();
    private readonly ConcurrentDictionary<Type, Course> courses = new();
    private readonly Lock drawing = new();
    private SimulatorOptions options = options;

    /// <summary>The hosts spoken of so far.</summary>
    public IReadOnlyDictionary<HostId, SimulatedHost> Hosts => hosts;

    /// <summary>May be replaced while the world runs; counts of wishes begin again.</summary>
    public SimulatorOptions Options
    {
        get => options;
        set
        {
            options = value;
            courses.Clear();
        }
    }

    public SimulatedHost Host(HostId host) => hosts.GetOrAdd(host, _ => new SimulatedHost(this));

    /// <summary>Disks are shared: each host reaches those that another made.</summary>
    internal ConcurrentDictionary<VolumeId, byte> Disks { get; } = new();

    /// <summary>By snapshot, the disk that it is of.</summary>
    internal ConcurrentDictionary<SnapshotId, VolumeId> Snapshots { get; } = new();

    /// <summary>Made of disks, and the disk that each was made of.</summary>
    internal ConcurrentDictionary<string, VolumeId> Images { get; } = new(StringComparer.Ordinal);

    internal Lock Migrating { get; } = new();

    internal bool Forgetful => options.Forgetful;

    internal Task<Outcome> PerformAsync(Wish wish, CancellationToken ct)
    {
        var course = courses.GetOrAdd(wish.GetType(), static (type, o) => new Course(FaultsOf(o, type)), options);
        if (course.Faults is not { } faults) return Answer(Host(wish.Host).Apply(wish));

        var (delay, fails, losesAnswer) = Draw(course, faults);
        return delay > TimeSpan.Zero
            ? LaterAsync(wish, faults, delay, fails, losesAnswer, ct)
            : Answer(Carry(wish, faults, fails, losesAnswer));
    }

    private static SimulatorFaults? FaultsOf(SimulatorOptions options, Type wish) =>
        options.Faults.GetValueOrDefault(wish.Name) ?? options.Faults.GetValueOrDefault("*");

    private static Task<Outcome> Answer(Outcome? refused) => refused is null ? Done : Task.FromResult(refused);

    private async Task<Outcome> LaterAsync(
        Wish wish, SimulatorFaults faults, TimeSpan delay, bool fails, bool losesAnswer, CancellationToken ct)
    {
        await Task.Delay(delay, time, ct);
        return Carry(wish, faults, fails, losesAnswer) ?? new Outcome.Done();
    }

    private Outcome? Carry(Wish wish, SimulatorFaults faults, bool fails, bool losesAnswer)
    {
        if (fails) return Outcome.Fail("simulator.fault", $"{wish.GetType().Name} was told to fail.", faults.Retry);
        var refused = Host(wish.Host).Apply(wish);
        return losesAnswer
            ? Outcome.Fail("host.no-answer", $"{wish.GetType().Name} was carried out or not; its answer was lost.", faults.Retry)
            : refused;
    }

    private (TimeSpan Delay, bool Fails, bool LosesAnswer) Draw(Course course, SimulatorFaults faults)
    {
        lock (drawing)
        {
            var nth = ++course.Count;
            var delay = faults.Jitter > TimeSpan.Zero ? faults.Delay + (faults.Jitter * chance()) : faults.Delay;
            var fails = faults.Fail.Contains(nth) || (faults.FailProbability > 0 && chance() < faults.FailProbability);
            var loses = faults.LoseAnswer.Contains(nth) || (faults.LoseAnswerProbability > 0 && chance() < faults.LoseAnswerProbability);
            return (delay, fails, loses);
        }
    }

    private sealed class Course(SimulatorFaults? faults)
    {
        public SimulatorFaults? Faults { get; } = faults;
        public long Count { get; set; }
    }
}
