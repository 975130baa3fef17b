using System.Diagnostics;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>The tool for the views behind the queries, as an operator runs it: a program of its own against a server that works.</summary>
[Collection(CloudTests.Name)]
public sealed class ProjectionTests(Cloud cloud)
{
    // Outputs of all projects lie side by side, one folder for each configuration.
    private static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "IaaS.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "iaas-cli.dll"));

    [Fact]
    public async Task Every_view_is_what_the_log_says_and_a_rebuilt_one_too()
    {
        var vm = await cloud.RunningVmAsync();

        var (code, told, _) = await RunAsync("projections", "diff");
        Assert.True(code == 0, told);
        Assert.Matches("(?m)^vm: [0-9,]+ rows at position [0-9]+, 0 differ, 0 of the past and of lists; Verify Done, [0-9,]+ events", told);
        (code, told, _) = await RunAsync("projections", "rebuild", "vm");
        Assert.True(code == 0, told);
        Assert.StartsWith("vm: Rebuild Done, ", told, StringComparison.Ordinal);

        Assert.Equal(vm.Id, Assert.Single(await cloud.Admin.RowsAsync($"vm where id = '{vm.Id}' return id")).Id);
        var status = (await cloud.Admin.GetAsync("/v1/projections/vm")).Is(200).Json;
        Assert.Equal(("running", "Done"), (status.Text("state"), status.GetProperty("build").Text("state")));
        (code, told, _) = await RunAsync("projections", "status", "vm");
        Assert.Equal(0, code);
        Assert.Contains("Rebuild Done", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_to_a_view_is_refused_and_says_why()
    {
        (await cloud.Admin.PostAsync("/v1/projections/wm/rebuild")).IsProblem(404, "projection.not-found");
        (await cloud.Admin.PostAsync("/v1/projections/vm/retry")).IsProblem(409, "projection.not-stopped");
        (await cloud.Admin.PostAsync("/v1/projections/vm/skip", new { position = 1, reason = "Because." })).IsProblem(409, "projection.not-stopped");
        (await cloud.Admin.PostAsync("/v1/projections/vm/skip", new { position = 1, reason = " " })).IsProblem(400, "projection.bad-reason");
        (await cloud.Admin.PostAsync("/v1/projections/vm/skip", new { reason = "Because." })).IsProblem(400, "request.missing-field");
        var other = await cloud.TenantAsync();
        foreach (var path in new[] { "/v1/projections", "/v1/projections/vm" }) (await other.Member.GetAsync(path)).IsProblem(403, "auth.forbidden");
        foreach (var what in new[] { "rebuild", "verify", "retry", "skip" }) (await other.Member.PostAsync($"/v1/projections/vm/{what}")).IsProblem(403, "auth.forbidden");

        var (code, _, error) = await RunAsync("projections", "rebuild", "wm");
        Assert.Equal(1, code);
        Assert.StartsWith("projection.not-found: There is no view wm.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_and_the_census_are_printed_as_tables()
    {
        var vm = await cloud.RunningVmAsync();

        var (code, told, _) = await RunAsync("query", $"vm where id = '{vm.Id}' return id, state");
        Assert.Equal(0, code);
        Assert.Matches($"{vm.Id} +│? *Running", told);
        Assert.Contains("1 rows at position ", told, StringComparison.Ordinal);
        (code, told, _) = await RunAsync("census");
        Assert.Equal(0, code);
        Assert.Contains("conditions", told, StringComparison.Ordinal);
        var (wrong, _, error) = await RunAsync("query", "vm wher x");
        Assert.Equal(1, wrong);
        Assert.StartsWith("query.syntax: Column 4: ", error, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. words]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["IAAS_URL"] = cloud.Server.Url.ToString();
        start.Environment["IAAS_TOKEN"] = cloud.Server.AdminToken;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
