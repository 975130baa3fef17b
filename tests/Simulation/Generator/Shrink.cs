namespace IaaS.Simulation.Generator;

/// <summary>Finds a short part of a list that still fails: halves first, then ever smaller pieces are left out.</summary>
public static class Shrink
{
    private const int MostTries = 300;

    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> failing, Func<IReadOnlyList<T>, bool> fails)
    {
        ArgumentNullException.ThrowIfNull(failing);
        ArgumentNullException.ThrowIfNull(fails);
        List<T> best = [.. failing];
        var tries = 0;
        for (var size = best.Count / 2; size > 0; size /= 2)
        {
            for (var at = 0; at < best.Count && tries < MostTries;)
            {
                List<T> rest = [.. best.Take(at), .. best.Skip(at + size)];
                tries++;
                if (rest.Count > 0 && fails(rest)) best = rest;
                else at += size;
            }
        }

        return best;
    }
}
