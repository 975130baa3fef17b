using System.Runtime.CompilerServices;
using IaaS.Tests;

namespace IaaS.Domain.Tests;

/// <summary>Compares with a text that is checked in beside the test, and says what changed.</summary>
internal static class Approved
{
    public static void Compare(IEnumerable<string> actual, string why, [CallerFilePath] string file = "", [CallerMemberName] string test = "")
    {
        var path = Repository.PathOf("tests", "Domain.Tests", $"{Path.GetFileNameWithoutExtension(file)}.{test}.approved.txt");
        var lines = actual.Order(StringComparer.Ordinal).ToList();
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("CI") is null) File.WriteAllLines(path, lines);
        var approved = File.ReadAllLines(path);
        var gone = approved.Except(lines, StringComparer.Ordinal).Select(l => $"  - {l}");
        var added = lines.Except(approved, StringComparer.Ordinal).Select(l => $"  + {l}");
        var changes = gone.Concat(added).ToList();
        if (changes.Count > 0) Assert.Fail($"{why}\n{string.Join('\n', changes)}\nIf this is meant, edit {Path.GetFileName(path)} beside the test, or delete it and run the test.");
    }
}
