using System.Text.RegularExpressions;

namespace IaaS.Architecture.Tests;

/// <summary>An error code is a contract: users' programs depend on it, and people look it up.</summary>
public sealed partial class ErrorCodeTests
{
    [Fact]
    public void Every_code_in_the_source_is_explained_and_every_explained_code_is_in_the_source()
    {
        var used = Source.Files("src").SelectMany(f => Codes().Matches(f.Text)).Select(m => m.Groups["code"].Value)
            .Select(c => Interpolated().Replace(c, "<kind>")).Where(c => c.Contains('.', StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal).ToList();
        var listed = File.ReadLines(Path.Combine(Source.Root, "docs", "errors.md")).Select(l => Rows().Match(l)).Where(m => m.Success).Select(m => m.Groups["code"].Value).ToList();

        Assert.NotEmpty(used);
        var missing = used.Except(listed, StringComparer.Ordinal).ToList();
        var stale = listed.Except(used, StringComparer.Ordinal).ToList();
        Assert.True(missing.Count == 0, $"Say in docs/errors.md what these mean and what to do about them: {string.Join(", ", missing)}");
        Assert.True(stale.Count == 0, $"Nothing in src refuses with these codes of docs/errors.md any more; programs may still look for them: {string.Join(", ", stale)}");
    }

    [GeneratedRegex("""(RejectionKind\.\w+,\s*|\b(Refuse|Fail|Invalid)\(\s*)\$?"(?<code>[^"\s]+)"[,)]""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Codes();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Interpolated();

    [GeneratedRegex(@"^\| `(?<code>[^`]+)` \| \w+ \| .+ \| .+ \|$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Rows();
}
