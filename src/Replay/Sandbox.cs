using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Replay;

/// <summary>A log and every stream folded from it, in memory. Nothing is written anywhere.</summary>
public sealed class Sandbox
{
    private readonly List<Recorded> log = [];
    private readonly SortedDictionary<string, StreamHistory> streams = new(StringComparer.Ordinal);

    public static EventNames Names { get; } = new();

    /// <summary>In the order of positions.</summary>
    public IReadOnlyList<Recorded> Log => log;

    public IReadOnlyDictionary<string, StreamHistory> Streams => streams;

    /// <param name="rows">The log from its beginning.</param>
    /// <param name="until">The last position that is taken.</param>
    /// <exception cref="ReplayException">The log cannot be read or is not whole.</exception>
    public static async Task<Sandbox> LoadAsync(IAsyncEnumerable<LogRow> rows, long until = long.MaxValue, CancellationToken ct = default)
    {
        var sandbox = new Sandbox();
        await foreach (var row in rows.WithCancellation(ct))
        {
            if (row.Position > until) break;
            sandbox.Add(row.Read(Names));
        }

        return sandbox;
    }

    /// <exception cref="ReplayException">The log has no such stream.</exception>
    public StreamHistory Stream(string id) => streams.TryGetValue(id, out var stream)
        ? stream
        : throw new ReplayException($"The log has no stream {id} up to here.");

    /// <summary>Which workflow an operation runs; empty when the log does not say.</summary>
    public string WorkflowOf(string operation) =>
        streams.TryGetValue(operation, out var stream) && stream.State is OperationState { Started: { } started } ? started.Workflow : "";

    public static string NameOf(Recorded happened) => Names.NameOf(happened.Event.GetType());

    private void Add(Recorded happened)
    {
        if (log.Count > 0 && happened.Position <= log[^1].Position)
            throw new ReplayException($"Position {happened.Position} comes after {log[^1].Position}. The log is not in order.");
        if (!streams.TryGetValue(happened.Stream, out var stream)) streams[happened.Stream] = stream = new(happened.Stream, StateKinds.Of(happened.Stream));
        stream.Add(happened);
        log.Add(happened);
    }
}
