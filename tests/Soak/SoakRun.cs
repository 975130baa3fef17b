using System.Diagnostics;

namespace IaaS.Soak;

/// <param name="Server">The server's program.</param>
/// <param name="Data">Where everything is kept; null for a folder among the temporary files.</param>
internal sealed record SoakOptions(string Server, TimeSpan Length, int Seed, int Clients, string? Data, bool Json);

/// <summary>One run: clients that ask, one that kills, and the reckoning.</summary>
internal sealed class SoakRun(SoakOptions options, Folder folder)
{
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(90);

    private readonly Ledger ledger = new();
    private readonly Fleet fleet = new();
    private readonly List<string> wrong = [];
    private readonly Stopwatch watch = new();
    private (int Views, long Rows) verified;
    private CloudAtRest? cloud;

    /// <returns>0 when all promises were kept, 1 when not, 2 when it could not be tried.</returns>
    public static async Task<int> RunAsync(SoakOptions options, CancellationToken ct)
    {
        try
        {
            var folder = Folder.Make(options.Data);
            var report = await new SoakRun(options, folder).RunAsync(ct);
            if (options.Json) report.PrintJson();
            else report.Print();
            if (report.Violations.Count == 0) folder.Delete();
            else await Console.Error.WriteLineAsync($"Kept for a look: {folder.Path}");
            return report.Violations.Count == 0 ? 0 : 1;
        }
        catch (SoakFailedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }

    private async Task<Report> RunAsync(CancellationToken ct)
    {
        var chance = new Random(options.Seed);
        await using var server = new ServerProcess(options.Server, folder, Site.Hosts, new Random(options.Seed ^ Environment.ProcessId));
        server.Launch();
        await server.UntilReadyAsync();
        using var plane = new Plane(server.Url, server.Token);
        await Site.BuildAsync(plane, ct);
        var striker = new Striker(server, new Random(chance.Next()));
        watch.Start();
        try
        {
            await StrikeAndUseAsync(striker, plane, chance, ct);
            watch.Stop();
            await ReckonAsync(server, striker, plane, ct);
        }
        catch (SoakFailedException e)
        {
            wrong.Add(e.Message);
        }

        List<string> violations = [.. ledger.Violations, .. wrong];
        if (violations.Count > 0) await ledger.WriteAsync(folder.Asked);
        return Report.Of(options, watch.Elapsed, striker, plane, ledger, fleet, cloud, verified, server.Complaints, [.. violations.Distinct(StringComparer.Ordinal)]);
    }

    private async Task StrikeAndUseAsync(Striker striker, Plane plane, Random chance, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var users = Enumerable.Range(1, options.Clients)
            .Select(i => new Client(i, new Random(chance.Next()), plane, ledger, fleet, giveUp.Token))
            .Select(c => Task.Run(() => c.RunAsync(stop.Token), CancellationToken.None)).ToList();
        stop.CancelAfter(options.Length);
        try
        {
            // When it throws, the server is gone for good.
            await striker.RunAsync(stop.Token);
            giveUp.CancelAfter(LastAnswers);
        }
        finally
        {
            if (!stop.IsCancellationRequested) await giveUp.CancelAsync();
            await stop.CancelAsync();
            await Task.WhenAll(users);
        }

        ct.ThrowIfCancellationRequested();
    }

    /// <summary>On a server that has just died once more, so that what is looked at is what was kept.</summary>
    private async Task ReckonAsync(ServerProcess server, Striker striker, Plane plane, CancellationToken ct)
    {
        var reached = plane.Position;
        await striker.StrikeAsync();
        if (!await CloudAtRest.ComesToRestAsync(plane, ct)) wrong.Add("Operations are still open, or views behind, after two minutes");
        if ((await plane.GetAsync("/health/ready", ct)).Json!.Value.Number("position") is var head && head < reached) wrong.Add($"Answers had named position {reached}, and the log ends at {head}");
        cloud = await CloudAtRest.LookAsync(plane, VmsAskedFor(), ct);
        wrong.AddRange(OperationChecks.Of(ledger, cloud));
        wrong.AddRange(VmChecks.Of(cloud));
        wrong.AddRange(HoldingChecks.Of(cloud));
        wrong.AddRange(await ViewChecks.RecallAsync(plane, fleet, ct));
        var (found, views, rows) = await ViewChecks.VerifyAsync(plane, ct);
        wrong.AddRange(found);
        verified = (views, rows);
        await EmptyAsync(plane, cloud, ct);
        if (await server.StopAsync() is not 0 and var code) wrong.Add($"Asked to stop, the server ended with {code}");
    }

    /// <summary>When every VM and every volume has been destroyed nothing is held any more.</summary>
    private async Task EmptyAsync(Plane plane, CloudAtRest before, CancellationToken ct)
    {
        await DestroyAsync(plane, before.Vms.Keys.Select(vm => $"/v1/vms/{vm}?expunge=true"), ct);
        await DestroyAsync(plane, before.Volumes.Where(v => v.Text("kind") is "Data").Select(v => $"/v1/volumes/{v.Id}"), ct);
        wrong.AddRange(HoldingChecks.Nothing(await CloudAtRest.LookAsync(plane, [], ct)));
    }

    private async Task DestroyAsync(Plane plane, IEnumerable<string> paths, CancellationToken ct)
    {
        foreach (var some in paths.Chunk(options.Clients))
        {
            var answers = await Task.WhenAll(some.Select(path => plane.AskAsync(HttpMethod.Delete, path, body: null, ct)));
            wrong.AddRange(answers.Zip(some).Where(a => a.First.Status != 202).Select(a => $"At the end {a.Second} cannot be destroyed: {a.First.Status} {a.First.Text}"));
        }

        if (!await CloudAtRest.ComesToRestAsync(plane, ct)) wrong.Add("When all was destroyed, operations are still open after two minutes");
    }

    private IEnumerable<string> VmsAskedFor() => ledger.Asks.Where(a => a.Workflow is "vm.create").Select(a => a.Subject);
}
