using System.Globalization;
using System.Text.Json;

namespace IaaS.Soak;

/// <summary>The questions that clients ask, some of which have only one right answer.</summary>
internal sealed partial class Client
{
    private const int NearPast = 5_000;

    private Task AskQuestionAsync() => random.Next(8) switch
    {
        0 => ListAsync("/v1/vms?state=Running&sort=-createdAt&limit=20&total=true"),
        1 => ListAsync("/v1/operations?state=Undoing&limit=50"),
        2 => AskPresentAsync(),
        3 or 4 => AskPastAsync(),
        5 => RecallPastAsync(),
        _ => LookAtOperationAsync(),
    };

    private async Task ListAsync(string path)
    {
        if (await plane.SendAsync(HttpMethod.Get, path, body: null, key: null, giveUp) is { Status: not (200 or 503) } answer)
            ledger.Violation($"GET {path} was answered {answer.Status} {answer.Text}");
    }

    private async Task AskPresentAsync()
    {
        var query = random.Next(3) switch
        {
            0 => "vm group by state, host.id return state, host.id, count(*) as n, sum(memory)",
            1 => "host where vms.exists return id, usedCpus, count(vms), vms[state = Running].name",
            _ => "l3 return id, usedAddresses, count(nics); project return id, usedVms",
        };
        if (await QueryAsync(query, waitFor: 0) is { Status: not (200 or 503) } answer) ledger.Violation($"{query} was answered {answer.Status} {answer.Text}");
    }

    /// <summary>Asks how it was at some position of the log, and keeps the answer.</summary>
    private async Task AskPastAsync()
    {
        if (plane.Position is not (> 0 and var head)) return;
        var position = head - random.NextInt64(Math.Min(head, random.Next(2) == 0 ? NearPast : head));
        var vm = fleet.AnyVm(random)?.Id ?? "vm-none";
        var at = string.Create(CultureInfo.InvariantCulture, $"position {position}");
        var query = random.Next(5) switch
        {
            0 => $"vm where id = '{vm}' return id, state, host.id, nics.address, operationId as of {at}",
            1 => $"vm group by state return state, count(*) as n, sum(memory) as bytes order by state as of {at}",
            2 => $"host order by id return id, usedCpus, usedMemory, vmCount, count(vms) as vms as of {at}",
            3 => $"op where subject = '{vm}' order by id return id, name, state as of {at}",
            _ => string.Create(CultureInfo.InvariantCulture, $"vm where id = '{vm}' between position {random.NextInt64(position)} and {at}"),
        };
        if (await QueryAsync(query, position) is not { Status: not 503 } answer) return;
        if (answer.Status == 200) fleet.Add(new PastAnswer(query, position, RowsOf(answer)));
        else ledger.Violation($"{query} was answered {answer.Status} {answer.Text}");
    }

    /// <summary>What was once the past stays it.</summary>
    private async Task RecallPastAsync()
    {
        if (fleet.AnyPast(random) is not { } before || await QueryAsync(before.Query, before.Position) is not { Status: not 503 } answer) return;
        if (answer.Status != 200 || RowsOf(answer) != before.Rows) ledger.Violation($"{before.Query} was answered {before.Rows} and later {answer.Status} {answer.Text}");
    }

    private async Task LookAtOperationAsync()
    {
        if (fleet.AnyOperation(random) is { } ask) await LookAsync(ask);
    }

    /// <returns>Null when there was no answer.</returns>
    private async Task<(string State, long Position)?> LookAsync(Ask ask)
    {
        var before = ask.Seen;
        var answer = await plane.SendAsync(HttpMethod.Get, $"/v1/operations/{ask.Operation}", body: null, key: null, giveUp);
        if (answer is null or { Status: 503 }) return null;
        if (answer.Status != 200)
        {
            ledger.Violation($"{ask.Operation} ({ask.Workflow} of {ask.Subject}) was acknowledged, and asking for it was answered {answer.Status} {answer.Text}");
            return null;
        }

        var state = answer.Json!.Value.Text("state")!;
        if (ask.See(state, before) is { } wrong) ledger.Violation(wrong);
        return (state, answer.Json.Value.Number("position"));
    }

    /// <summary>Who waits for the position of an operation's end sees what it did, unless another has changed the VM since.</summary>
    private async Task LookAtVmAsync(Ask ask, FleetVm vm, string end, long position)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/v1/vms/{ask.Subject}?waitFor={position}");
        var answer = await plane.SendAsync(HttpMethod.Get, path, body: null, key: null, giveUp);
        if (answer is null or { Status: 503 }) return;
        var destroyed = ask.Workflow is "vm.destroy" && end is "Succeeded";
        var right = answer.Status switch
        {
            410 => vm.MayBeGone,
            200 when destroyed => false,
            200 => answer.Json!.Value.Text("operationId") != ask.Operation || IsAfter(ask, end, answer.Json.Value.Text("state")!),
            _ => false,
        };
        if (!right) ledger.Violation($"{ask.Operation} ({ask.Workflow}) was {end} at {position}, and then GET {path} was answered {answer.Status} {answer.Text}");
    }

    private static bool IsAfter(Ask ask, string end, string state) => BelievedAfter(ask, end is "Succeeded") is { } exact ? state == exact : state is "Running" or "Stopped" or "Paused" or "Recycled";

    private Task<Answer?> QueryAsync(string query, long waitFor) => plane.SendAsync(HttpMethod.Post,
        string.Create(CultureInfo.InvariantCulture, $"/v1/query?waitFor={waitFor}"), JsonSerializer.Serialize(new { query }), key: null, giveUp);

    internal static string RowsOf(Answer answer) => answer.Json!.Value.GetProperty("answers")[0].GetProperty("rows").GetRawText();
}
