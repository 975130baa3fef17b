using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Projections.Query.Language;

namespace IaaS.Projections.Query;

/// <summary>Puts the place of what is wrong before what is wrong.</summary>
internal static class Places
{
    public static Rejection In(Rejection why, TextSpan at, string? text)
    {
        if (text is null || at.Start > text.Length) return why;
        var before = text.AsSpan(0, at.Start);
        var line = before.Count('\n') + 1;
        var column = at.Start - before.LastIndexOf('\n');
        var place = line == 1 ? string.Create(CultureInfo.InvariantCulture, $"Column {column}") : string.Create(CultureInfo.InvariantCulture, $"Line {line}, column {column}");
        return why with { Detail = $"{place}: {why.Detail}" };
    }
}
