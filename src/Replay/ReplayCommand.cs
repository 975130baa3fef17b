using System.CommandLine;
using IaaS.Commands.Kernel.Operations;
using IaaS.Replay.Redecide;

namespace IaaS.Replay;

/// <summary>The command line. It ends with 1 when something differs or nothing matches, and with 2 when the log cannot be replayed.</summary>
public sealed class ReplayCommand
{
    private const int Differs = 1;
    private const int Unreadable = 2;

    private readonly Argument<string?> log = new("log")
    {
        Description = "A file of JSON lines, as export writes it; or the data folder of a control plane that runs; or a connection string.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> postgres = new("--postgres") { Description = "Reads the log from this database instead: a connection string." };
    private readonly Option<long?> until = new("--until") { Description = "The last position that is replayed; else the end of the log." };
    private readonly Option<string?> stream = new("--stream") { Description = "Shows this stream's state and events; with other options, looks at this stream alone." };
    private readonly Option<string?> breakOn = new("--break-on") { Description = "Stops before the first event whose name or stream is like this (* and ? stand for anything), and shows the stream before and after it." };
    private readonly Option<bool> step = new("--step") { Description = "Goes event by event; Enter: next, p: the stream's state, c: on to the next match, q: enough." };
    private readonly Option<long[]> diff = new("--diff") { Description = "Shows each field that differs between two positions, and what changed it.", Arity = new(2, 2), AllowMultipleArgumentsPerToken = true, HelpName = "from to" };
    private readonly Option<bool> redecide = new("--redecide") { Description = "Has today's code decide each command again, and shows where it decides otherwise than the log." };

    private readonly Screen screen;
    private readonly TextWriter errors;

    private ReplayCommand(TextReader input, TextWriter output, TextWriter errors) => (screen, this.errors) = (new(input, output), errors);

    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextReader input, TextWriter output, TextWriter errors)
    {
        var parsed = new ReplayCommand(input, output, errors).Create().Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        return parsed.Errors.Count > 0 ? Unreadable : code;
    }

    private RootCommand Create()
    {
        var root = new RootCommand("Rebuilds the state of all streams from a log, in memory: nothing is written anywhere.") { log, postgres, until, stream, breakOn, step, diff, redecide, Export() };
        root.Validators.Add(given =>
        {
            if (given.GetValue(log) is null == given.GetValue(postgres) is null) given.AddError("Say which log: a file, a data folder or a connection string.");
            var ways = new[] { given.GetResult(breakOn) is not null || given.GetValue(step), given.GetResult(diff) is not null, given.GetValue(redecide) };
            if (ways.Count(w => w) > 1) given.AddError("--break-on and --step go together; --diff and --redecide go alone.");
        });
        root.SetAction((parsed, ct) => GuardedAsync(() => ReplayAsync(parsed, ct)));
        return root;
    }

    private Command Export()
    {
        var file = new Argument<string>("file") { Description = "The file that is written." };
        var from = new Argument<string?>("log") { Description = "The data folder of a control plane that runs, or a connection string.", Arity = ArgumentArity.ZeroOrOne };
        var last = new Option<long?>("--until") { Description = "The last position that is written; else the end of the log." };
        var connection = new Option<string?>("--postgres") { Description = "A connection string." };
        var export = new Command("export", "Writes the log of a control plane to a file, to be replayed elsewhere. The control plane may run meanwhile.") { file, from, connection, last };
        export.Validators.Add(given =>
        {
            if (given.GetValue(from) is null == given.GetValue(connection) is null) given.AddError("Say whose log: a data folder or a connection string.");
        });
        export.SetAction((parsed, ct) => GuardedAsync(async () =>
        {
            var rows = LogSource.Open(parsed.GetValue(from), parsed.GetValue(connection), parsed.GetValue(last) ?? long.MaxValue, ct);
            var (events, end) = await LogFile.WriteAsync(parsed.GetValue(file)!, rows, ct);
            screen.Line($"{Screen.Whole(events)} events up to position {Screen.Whole(end)} are in {parsed.GetValue(file)}");
            return 0;
        }));
        return export;
    }

    private async Task<int> ReplayAsync(ParseResult parsed, CancellationToken ct)
    {
        var range = parsed.GetResult(diff) is null ? null : parsed.GetValue(diff);
        var end = parsed.GetValue(until) ?? range?.Max() ?? long.MaxValue;
        var sandbox = await Sandbox.LoadAsync(LogSource.Open(parsed.GetValue(log), parsed.GetValue(postgres), end, ct), end, ct);
        var one = parsed.GetValue(stream);
        if (one is not null) sandbox.Stream(one);
        if (range is not null)
        {
            LogDiff.Write(screen, sandbox, range.Min(), range.Max(), one);
            return 0;
        }

        if (parsed.GetValue(redecide)) return RedecideReport.Write(screen, Redecider.Run(sandbox, new WorkflowCatalog()), one) ? 0 : Differs;
        var walk = new Walk(screen, sandbox, parsed.GetValue(breakOn), one);
        if (parsed.GetValue(step)) return walk.Step() ? 0 : Differs;
        if (parsed.GetValue(breakOn) is not null) return walk.Break() ? 0 : Differs;
        if (one is null) Summary.Write(screen, sandbox);
        else Summary.WriteStream(screen, sandbox.Stream(one));
        return 0;
    }

    private async Task<int> GuardedAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (ReplayException e)
        {
            await errors.WriteLineAsync(e.Message);
            return Unreadable;
        }
    }
}
