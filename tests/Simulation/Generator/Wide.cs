using Spectre.Console;

namespace IaaS.Simulation.Generator;

/// <summary>Prints tables without folding where the output is no terminal.</summary>
public static class Wide
{
    public static void Write(Table table)
    {
        var console = AnsiConsole.Create(new());
        if (Console.IsOutputRedirected) console.Profile.Width = 180;
        console.Write(table);
    }
}
