using System.Text.Json;

namespace IaaS.Soak;

/// <summary>The views behind the queries are what the log makes of them, and the past is what it was.</summary>
internal static class ViewChecks
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <returns>What is wrong, and how many rows were compared.</returns>
    public static async Task<(IReadOnlyList<string> Wrong, int Views, long Rows)> VerifyAsync(Plane plane, CancellationToken ct)
    {
        List<string> wrong = [];
        var rows = 0L;
        var names = (await plane.GetAsync("/v1/projections", ct)).Json!.Value.GetProperty("projections").EnumerateArray().Select(v => v.Text("name")!).ToList();
        foreach (var name in names)
        {
            var asked = await plane.AskAsync(HttpMethod.Post, $"/v1/projections/{name}/verify", body: null, ct);
            if (asked.Status != 202) wrong.Add($"The view {name} cannot be verified: {asked.Status} {asked.Text}");
            else if (await EndAsync(plane, name, ct) is not { } build) wrong.Add($"The verification of {name} does not end");
            else if (build.Text("state") is not "Done") wrong.Add($"The verification of {name} has failed: {build.Text("error")}");
            else
            {
                var found = build.GetProperty("found");
                rows += found.Number("rows");
                wrong.AddRange(found.GetProperty("different").EnumerateArray().Select(d => $"The view {name} differs from the log: {d}"));
                if (found.Number("othersDifferent") is > 0 and var others) wrong.Add($"The view {name} has {others} rows of the past or of lists that the log does not have, or lacks such");
            }
        }

        return (wrong, names.Count, rows);
    }

    /// <summary>Asks again all that was asked of the past.</summary>
    public static async Task<IReadOnlyList<string>> RecallAsync(Plane plane, Fleet fleet, CancellationToken ct)
    {
        List<string> wrong = [];
        foreach (var before in fleet.Past)
        {
            var answer = await plane.AskAsync(HttpMethod.Post, "/v1/query", new { query = before.Query }, ct);
            if (answer.Status != 200 || Client.RowsOf(answer) != before.Rows) wrong.Add($"{before.Query} was answered {before.Rows} and at the end {answer.Status} {answer.Text}");
        }

        return wrong;
    }

    private static async Task<JsonElement?> EndAsync(Plane plane, string name, CancellationToken ct)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Patience)
        {
            var build = (await plane.GetAsync($"/v1/projections/{name}", ct)).Json!.Value.GetProperty("build");
            if (build.Text("state") is "Done" or "Failed") return build;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        return null;
    }
}
