using System.Globalization;
using System.Text;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;

namespace IaaS.Simulation;

/// <summary>
/// A store in memory that survives the crash of a process. Its answers take virtual time and may be lost. Events are kept as
/// they come back from JSON, as from a real store.
/// </summary>
public sealed class SimStore(SimScheduler scheduler, Faults faults) : IEventStore
{
    private readonly Lane lane = scheduler.NewLane();
    private readonly List<Recorded> log = [];
    private readonly Dictionary<string, List<Recorded>> streams = new(StringComparer.Ordinal);
    private readonly StringBuilder lines = new();

    /// <summary>They survive a crash, as the log does.</summary>
    public InMemorySnapshots Snapshots { get; } = new();

    public EventNames Names { get; } = new(typeof(IEvent).Assembly);

    public IReadOnlyList<Recorded> Log => log;

    /// <summary>Every event as a line of JSON, in the order of commits.</summary>
    public string Lines => lines.ToString();

    public IEnumerable<string> Streams => streams.Keys.Order(StringComparer.Ordinal);

    public int Commits { get; private set; }

    /// <summary>Commits that did not go well.</summary>
    public int Faulted { get; private set; }

    /// <summary>A bug on purpose: see <see cref="Mutants.Mutant"/>.</summary>
    public bool IgnoresVersions { get; init; }

    /// <summary>Ends the process that is appending; false when it has had its share of crashes.</summary>
    public Func<bool> Crash { get; set; } = () => false;

    /// <summary>Set to no faults to let a run come to rest.</summary>
    public Faults Faults { get; set; } = faults;

    /// <summary>Sees each event as it is committed.</summary>
    public Action<Recorded> Seen { get; set; } = _ => { };

    /// <summary>Asked before each append by tests that place a fault by hand.</summary>
    public Func<IReadOnlyList<Append>, CommitFault>? Next { get; set; }

    /// <summary>What is there now, without faults: for checks.</summary>
    public IReadOnlyList<Recorded> Peek(string stream) => streams.TryGetValue(stream, out var events) ? events : [];

    public async Task<bool> HasAsync(string stream, Origin origin, CancellationToken ct) => (await ReadAsync(stream, 0, ct)).Any(e => e.Origin == origin);

    public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, long afterVersion, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<Recorded>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lane.After(Latency(), () =>
        {
            if (Hits(Faults.ReadFails)) answer.SetException(new TimeoutException("The store does not answer."));
            else answer.SetResult([.. Peek(stream).Where(e => e.Version > afterVersion)]);
        });
        return answer.Task;
    }

    public Task<Committed> AppendAsync(IReadOnlyList<Append> batch, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<Committed>(TaskCreationOptions.RunContinuationsAsynchronously);
        lane.After(Latency(), () => Commit(batch, Next?.Invoke(batch) ?? Draw(), answer));
        return answer.Task;
    }

    public Task<IReadOnlyList<Recorded>> ReadFeedAsync(long afterPosition, int max, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<Recorded>>([.. log.Where(e => e.Position > afterPosition).Take(max)]);

    public Task<long> HeadAsync(CancellationToken ct) => Task.FromResult(Head);

    /// <summary>Appends at once and without faults: what was there before the run.</summary>
    public void Seed(string stream, params IReadOnlyList<IEvent> events) =>
        Write(new Append(stream, Peek(stream).Count, events, [.. events.Select(_ => Origin.System)]));

    private long Head => log.Count == 0 ? 0 : log[^1].Position;

    private void Commit(IReadOnlyList<Append> batch, CommitFault fault, TaskCompletionSource<Committed> answer)
    {
        if (fault is not CommitFault.None) Faulted++;
        switch (fault)
        {
            case CommitFault.CrashBefore when Crash():
                return;
            case CommitFault.Fails or CommitFault.CrashBefore:
                answer.SetException(new TimeoutException("The commit failed."));
                return;
        }

        var previous = Head;
        List<Recorded> written = [];
        AppendRules.Check(batch);
        var conflicts = IgnoresVersions ? new HashSet<int>() : AppendRules.Conflicts(batch, s => Peek(s).Count);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!conflicts.Contains(i) && !AppendRules.Stops(batch, conflicts)) written.AddRange(Write(batch[i]));
        }

        Commits++;
        if (fault is CommitFault.CrashAfter && Crash()) return;
        if (fault is CommitFault.CrashAfter or CommitFault.AnswerLost) answer.SetException(new TimeoutException("The answer to the commit was lost."));
        else lane.After(TimeSpan.FromMilliseconds(scheduler.Chance.Next(3)), () => answer.SetResult(new Committed(previous, written, conflicts)));
    }

    private List<Recorded> Write(Append append)
    {
        if (!streams.TryGetValue(append.Stream, out var stream)) streams[append.Stream] = stream = [];
        List<Recorded> written = [];
        for (var i = 0; i < append.Events.Count; i++)
        {
            var type = append.Events[i].GetType();
            var json = JsonSerializer.Serialize(append.Events[i], type, DomainJson.Options);
            var recorded = new Recorded((IEvent)JsonSerializer.Deserialize(json, type, DomainJson.Options)!, append.Stream,
                stream.Count + 1, Head + 1 + scheduler.Chance.Next(2), scheduler.Now, append.Origins[i]);
            stream.Add(recorded);
            log.Add(recorded);
            written.Add(recorded);
            var origin = JsonSerializer.Serialize(recorded.Origin, DomainJson.Options);
            lines.AppendLine(CultureInfo.InvariantCulture, $$"""{"position":{{recorded.Position}},"stream":"{{append.Stream}}","version":{{recorded.Version}},"at":"{{recorded.At:O}}","name":"{{Names.NameOf(type)}}","origin":{{origin}},"data":{{json}}}""");
            Seen(recorded);
        }

        return written;
    }

    private CommitFault Draw()
    {
        if (Hits(Faults.CommitFails)) return CommitFault.Fails;
        if (Hits(Faults.CommitAnswerLost)) return CommitFault.AnswerLost;
        if (Hits(Faults.CrashBeforeCommit)) return CommitFault.CrashBefore;
        return Hits(Faults.CrashAfterCommit) ? CommitFault.CrashAfter : CommitFault.None;
    }

    private bool Hits(int share) => share > 0 && scheduler.Chance.Next(1_000) < share;

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(Hits(Faults.CommitSlow) ? scheduler.Chance.Next(100, 5_000) : scheduler.Chance.Next(1, 10));
}

/// <summary>What goes wrong with one commit.</summary>
public enum CommitFault { None, Fails, AnswerLost, CrashBefore, CrashAfter }
