namespace IaaS.Soak;

/// <summary>One who uses the cloud at random, and repeats under the same key what was not answered.</summary>
/// <param name="giveUp">When nobody waits for answers any longer.</param>
internal sealed partial class Client(int number, Random random, Plane plane, Ledger ledger, Fleet fleet, CancellationToken giveUp)
{
    private const int LongestThought = 80;
    private const int MostToRepeat = 50;
    private const int OneInSentTwice = 20;
    private const int OneInCancelled = 8;
    private const int OneInRepeated = 6;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly List<Ask> toRepeat = [];
    private int asked;

    /// <summary>Until it is stopped; then all that was asked has an answer.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await ActAsync();
                await PauseAsync(TimeSpan.FromMilliseconds(random.Next(LongestThought)));
            }
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            // What has no answer by now will be found in the ledger.
        }
    }

    private Task ActAsync() => random.Next(100) switch
    {
        < 22 => CreateVmAsync(),
        < 62 => ChangeVmAsync(),
        < 66 => ChangeResourceAsync(),
        < 73 => ChangeVolumeAsync(),
        < 79 => RepeatAsync(),
        _ => AskQuestionAsync(),
    };

    /// <summary>Asks for a change and does what people do with one: follows it, repeats it, gives it up, or forgets it.</summary>
    private async Task DoAsync(Ask ask, FleetVm? vm = null)
    {
        ledger.Add(ask);
        if (random.Next(OneInSentTwice) == 0) await Task.WhenAll(SettleAsync(ask), SettleAsync(ask));
        else await SettleAsync(ask);
        Judge(ask, vm);
        if (vm is not null && ask.IsAcknowledged) vm.IsAcknowledged = true;
        if (vm is not null && ask.Answer!.Code is "vm.deleted") vm.Believed = "Gone";
        if (ask.Answer!.IsAcknowledged || ask.Operation is not null) Keep(ask);
        if (ask.Operation is null || !ask.IsAcknowledged) return;
        fleet.Add(ask);
        if (random.Next(OneInCancelled) == 0) await CancelAsync(ask);
        if (random.Next(4) != 0) await FollowAsync(ask, vm);
        else vm?.Believed = null;
    }

    private void Keep(Ask ask)
    {
        if (random.Next(OneInRepeated) != 0) return;
        if (toRepeat.Count >= MostToRepeat) toRepeat.RemoveAt(0);
        toRepeat.Add(ask);
    }

    /// <summary>Sends until it is answered. Answered before, this is a repeat.</summary>
    private async Task SettleAsync(Ask ask)
    {
        while (true)
        {
            ask.Sent++;
            if (await plane.SendAsync(ask.Method, ask.Path, ask.Body, ask.Key, giveUp) is { IsNotYet: false } answer)
            {
                if (!ask.TryAnswer(answer)) ledger.Repeated(ask, answer);
                return;
            }

            await PauseAsync(Poll);
        }
    }

    private async Task RepeatAsync()
    {
        if (toRepeat.Count == 0) return;
        var ask = toRepeat[random.Next(toRepeat.Count)];
        await SettleAsync(ask);
        if (random.Next(10) == 0) await MisuseKeyAsync(ask);
    }

    /// <summary>Another request under a key that has been used must start nothing.</summary>
    private async Task MisuseKeyAsync(Ask ask)
    {
        while (true)
        {
            var answer = await plane.SendAsync(HttpMethod.Post, "/v1/zones", $$"""{"name":"misuse","id":"zone-misuse-{{number}}-{{++asked}}"}""", ask.Key, giveUp);
            if (answer is { IsNotYet: false })
            {
                if (answer.Code != "idempotency.key-reused") ledger.Violation($"Another request under the key {ask.Key} of {ask.Operation} was answered {answer.Status} {answer.Text}");
                return;
            }

            await PauseAsync(Poll);
        }
    }

    /// <summary>A refusal must be one that this request can meet.</summary>
    private void Judge(Ask ask, FleetVm? vm)
    {
        var answer = ask.Answer!;
        var fair = answer.IsAcknowledged || answer.Code switch
        {
            "vm.busy" or "vm.wrong-state" or "vm.recycled" => ask.Workflow is not "vm.create",
            "vm.deleted" => vm is { MayBeGone: true },
            "volume.busy" or "volume.in-use" or "volume.not-attached" or "volume.other-project" or "volume.wrong-state" or "volume.deleted" => ask.IsVolume,
            _ => false,
        };
        if (!fair) ledger.Violation($"{ask.Method} {ask.Path} ({ask.Subject}, sent {ask.Sent} times under {ask.Key}) was answered {answer.Status} {answer.Text}");
    }

    private async Task CancelAsync(Ask ask)
    {
        await PauseAsync(TimeSpan.FromMilliseconds(random.Next(400)));
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var answer = await plane.SendAsync(HttpMethod.Post, $"/v1/operations/{ask.Operation}/cancel", body: null, key: null, giveUp);
            switch (answer)
            {
                case { Status: 202 }:
                    ask.Cancelled = true;
                    return;
                case { Code: "operation.over" or "operation.too-late" }:
                    ask.Cancelled = false;
                    return;
                case null or { Status: 503 }:
                    await PauseAsync(Poll);
                    break;
                default:
                    ledger.Violation($"The cancellation of {ask.Operation} ({ask.Workflow} of {ask.Subject}) was answered {answer.Status} {answer.Text}");
                    return;
            }
        }
    }

    private async Task FollowAsync(Ask ask, FleetVm? vm)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Patience)
        {
            if (await LookAsync(ask) is { } operation && operation.State is "Succeeded" or "Failed")
            {
                if (vm is null) return;
                vm.Believed = BelievedAfter(ask, operation.State == "Succeeded") ?? vm.Believed;
                if (random.Next(3) == 0) await LookAtVmAsync(ask, vm, operation.State, operation.Position);
                return;
            }

            await PauseAsync(Poll);
        }

        vm?.Believed = null;
    }

    private static string? BelievedAfter(Ask ask, bool succeeded) => (ask.Workflow, succeeded) switch
    {
        ("vm.create" or "vm.start" or "vm.reboot" or "vm.resume" or "vm.migrate", true) => "Running",
        ("vm.pause", true) => "Paused",
        ("vm.recycle", true) => "Recycled",
        ("vm.create", false) => "Failed",
        ("vm.stop" or "vm.resize" or "vm.recover", true) => "Stopped",
        ("vm.destroy", true) => "Gone",
        _ => null,
    };

    private Task PauseAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, giveUp);
}
