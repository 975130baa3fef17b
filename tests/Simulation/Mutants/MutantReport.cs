using System.Globalization;
using IaaS.Simulation.Generator;
using Spectre.Console;

namespace IaaS.Simulation.Mutants;

/// <summary>Looks for the first seed that finds each bug that was put in.</summary>
public static class MutantReport
{
    public static int Run(Campaign campaign, int seeds)
    {
        ArgumentNullException.ThrowIfNull(campaign);
        var table = new Table().AddColumns("bug put in", "found by seed", "actions that show it", "by").Border(TableBorder.Ascii);
        var missed = 0;
        foreach (var mutant in AllMutants.All)
        {
            if (Find(campaign, mutant, seeds) is not var (seed, message))
            {
                missed++;
                table.AddRow(Markup.Escape(mutant.Name), "NOT FOUND", "", "");
                continue;
            }

            var lines = message.Split('\n', StringSplitOptions.TrimEntries);
            var shown = lines.SkipWhile(l => l != "What was asked:").TakeWhile(l => l != "What happened:").Count() - 1;
            table.AddRow(Markup.Escape(mutant.Name), seed.ToString(CultureInfo.InvariantCulture), shown.ToString(CultureInfo.InvariantCulture), Markup.Escape(lines[1]));
        }

        Wide.Write(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{AllMutants.All.Count - missed} of {AllMutants.All.Count} found."));
        return missed == 0 ? 0 : 1;
    }

    /// <summary>The first seed that finds it, and what it says; null when none does.</summary>
    public static (int Seed, string Message)? Find(Campaign campaign, Mutant mutant, int seeds)
    {
        ArgumentNullException.ThrowIfNull(campaign);
        for (var seed = 0; seed < seeds; seed++)
        {
            try
            {
                campaign.Play(seed, new(), mutant);
            }
            catch (SimulationException e)
            {
                return (seed, e.Message);
            }
        }

        return null;
    }
}
