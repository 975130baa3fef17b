using IaaS.Domain.Kernel;
using IaaS.Simulation;
using IaaS.Simulation.Generator;
using IaaS.Tests;

namespace IaaS.Replay.Tests;

internal static class Given
{
    public const int Seed = 7;

    /// <summary>
    /// The log of one run of the simulation, recorded once and read for ever. The file is never written again once it is there: a new
    /// recording gets a new file.
    /// </summary>
    public static string Recorded { get; } = Record($"replay-sim-{Seed}.jsonl", () => Live(Seed));

    /// <summary>A later one, with data volumes, snapshots, NICs, images and hosts in maintenance.</summary>
    public static string RecordedLater { get; } = Record("replay-sim-23.jsonl", () => SimulationRun.Run(23, 120, Faults.All));

    public static SimMachine Live(int seed) => SimulationRun.Run(seed, 40, Faults.All);

    public static string[] Lines => File.ReadAllLines(Recorded);

    public static Task<Sandbox> LoadAsync(string path) => Sandbox.LoadAsync(LogFile.ReadAsync(path, CancellationToken.None));

    public static Task<Sandbox> LoadAsync(IEnumerable<string> lines) => Sandbox.LoadAsync(lines.Select(LogRow.Parse).ToAsyncEnumerable());

    /// <summary>The state of every stream as the simulation folds it.</summary>
    public static SortedDictionary<string, string> States(Ledger ledger)
    {
        SortedDictionary<string, string> states = new(StringComparer.Ordinal);
        Add(ledger.Hosts);
        Add(ledger.Storages);
        Add(ledger.Networks);
        Add(ledger.Projects);
        Add(ledger.Vms);
        Add(ledger.Volumes);
        Add(ledger.Snapshots);
        Add(ledger.Images);
        Add(ledger.Operations);
        return states;

        void Add<TState>(Book<TState> book) where TState : IState<TState>
        {
            foreach (var (stream, state) in book.All) states.Add(stream, StateView.Text(state));
        }
    }

    /// <summary>But for what the simulation has and does not look at.</summary>
    public static SortedDictionary<string, string> States(Sandbox sandbox) =>
        new(sandbox.Streams.Where(s => ResourceId.KindOf(s.Key) is not ("zone" or "cluster" or "l2")).ToDictionary(s => s.Key, s => StateView.Text(s.Value.State)), StringComparer.Ordinal);

    /// <summary>Runs the program.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string input, params string[] args)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var code = await ReplayCommand.RunAsync(args, new StringReader(input), output, errors);
        return (code, output.ToString(), errors.ToString());
    }

    private static string Record(string name, Func<SimMachine> live)
    {
        var path = Repository.PathOf("tests", "Histories", name);
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("CI") is null) File.WriteAllText(path, live().Store.Lines.ReplaceLineEndings("\n"));
        return path;
    }
}
