using IaaS.Tests;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>Compares what others depend on with the text that was agreed on, which is kept beside the tests.</summary>
public static class Approved
{
    public static async Task IsAsync(string file, string now)
    {
        var approved = Repository.PathOf("tests", "EndToEnd", file);
        if (!File.Exists(approved))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null or "", $"{file} is missing. Run the tests where CI is not set, look at the file that they write, and commit it.");
            await File.WriteAllTextAsync(approved, now);
            return;
        }

        var before = (await File.ReadAllTextAsync(approved)).ReplaceLineEndings("\n");
        if (before == now) return;
        var received = Path.Combine(AppContext.BaseDirectory, file);
        await File.WriteAllTextAsync(received, now);
        Assert.Fail($"""
            What others depend on has changed: {file}.
            {FirstDifference(before.Split('\n'), now.Split('\n'))}
            Is the change meant, and does it break nobody? Then copy {received}
            over {approved} and commit it with the change. Else undo the change.
            """);
    }

    private static string FirstDifference(string[] before, string[] now)
    {
        var same = before.Zip(now).TakeWhile(p => p.First == p.Second).Count();
        return $"From line {same + 1} on it says '{now.ElementAtOrDefault(same)?.Trim()}' where '{before.ElementAtOrDefault(same)?.Trim()}' was approved.";
    }
}
