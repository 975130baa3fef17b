using System.Globalization;
using IaaS.Domain.Kernel;
using Spectre.Console;

namespace IaaS.Replay;

/// <summary>Where it is told, and where answers come from: a terminal, a pipe, or a test.</summary>
public sealed class Screen(TextReader input, TextWriter output)
{
    private const int WidthOfPipe = 240;

    private readonly IAnsiConsole console = ConsoleOn(output);

    public void Line(string text = "") => output.WriteLine(text);

    public void Rows(Table table)
    {
        table.Border = TableBorder.Simple;
        console.Write(table);
    }

    /// <returns>Null at the end of the input.</returns>
    public string? Ask(string prompt)
    {
        output.Write(prompt);
        output.Flush();
        var answer = input.ReadLine();
        // Where the answer is not typed here, it does not end the line either.
        if (Console.IsInputRedirected || input != Console.In || answer is null) output.WriteLine();
        return answer;
    }

    /// <summary>One line about an event: where, when, what, who, why.</summary>
    public static string Told(Recorded happened) =>
        $"{Whole(happened.Position)}  {Time(happened.At)}  {happened.Stream} v{Whole(happened.Version)}  {Sandbox.NameOf(happened)}  by {happened.Origin.Actor}{Because(happened.Origin)}";

    /// <summary>The operation and its step.</summary>
    public static string Because(Origin origin) => (origin.Correlation, origin.Causation) switch
    {
        ("", "") => "",
        ("", var cause) => $", {cause}",
        (var operation, var step) => $", {operation}/{step}",
    };

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text that may be anything, short enough for a line.</summary>
    public static string Cut(string text, int most = 120) => text.Length <= most ? text : $"{text[..(most - 1)]}…";

    private static IAnsiConsole ConsoleOn(TextWriter output)
    {
        var made = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected || output != Console.Out) made.Profile.Width = WidthOfPipe;
        return made;
    }
}
