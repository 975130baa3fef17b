using System.Text.Json;

namespace IaaS.Soak;

/// <summary>All that the server shows when nothing happens any more.</summary>
internal sealed class CloudAtRest
{
    private const int HistoriesAtOnce = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lazy<ILookup<(string, string), JsonElement>> succeeded;
    private readonly Lazy<ILookup<string, JsonElement>> ofSubject;

    private CloudAtRest()
    {
        succeeded = new(() => Operations!.Values.Where(o => o.Text("state") is "Succeeded").ToLookup(o => (o.Text("name")!, o.Text("subject")!)));
        ofSubject = new(() => Operations!.Values.ToLookup(o => o.Text("subject")!, StringComparer.Ordinal));
    }

    /// <summary>By id.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Operations { get; init; }

    /// <summary>Those that succeeded, by name and subject.</summary>
    public ILookup<(string Workflow, string Subject), JsonElement> Succeeded => succeeded.Value;

    public ILookup<string, JsonElement> OfSubject => ofSubject.Value;

    /// <summary>By id.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Vms { get; init; }

    public required IReadOnlyList<JsonElement> Hosts { get; init; }

    public required IReadOnlyList<JsonElement> Storages { get; init; }

    public required IReadOnlyList<JsonElement> Volumes { get; init; }

    public required IReadOnlyList<JsonElement> Networks { get; init; }

    public required IReadOnlyList<JsonElement> Projects { get; init; }

    /// <summary>Zones and offerings.</summary>
    public required IReadOnlySet<string> Resources { get; init; }

    /// <summary>Events of each VM that was ever asked for, in order; none where the server knows nothing of it.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Histories { get; init; }

    /// <returns>False when operations are still open after two minutes, or views are behind.</returns>
    public static async Task<bool> ComesToRestAsync(Plane plane, CancellationToken ct)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Patience)
        {
            long open = 0;
            foreach (var state in new[] { "Running", "Undoing" }) open += (await plane.GetAsync($"/v1/operations?state={state}&limit=1&total=true", ct)).Json!.Value.Number("total");
            if (open == 0 && (await plane.GetAsync("/health/ready", ct)).Json!.Value.Number("lag") == 0) return true;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        return false;
    }

    public static async Task<CloudAtRest> LookAsync(Plane plane, IEnumerable<string> vms, CancellationToken ct) => new()
    {
        Operations = (await plane.AllAsync("/v1/operations", ct)).ToDictionary(o => o.Id, StringComparer.Ordinal),
        Vms = (await plane.AllAsync("/v1/vms", ct)).ToDictionary(v => v.Id, StringComparer.Ordinal),
        Hosts = await plane.AllAsync("/v1/hosts", ct),
        Storages = await plane.AllAsync("/v1/storages", ct),
        Volumes = await plane.AllAsync("/v1/volumes", ct),
        Networks = await plane.AllAsync("/v1/l3-networks", ct),
        Projects = await plane.AllAsync("/v1/projects", ct),
        Resources = (await plane.AllAsync("/v1/zones", ct)).Concat(await plane.AllAsync("/v1/offerings", ct)).Select(r => r.Id).ToHashSet(StringComparer.Ordinal),
        Histories = await HistoriesAsync(plane, vms, ct),
    };

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<JsonElement>>> HistoriesAsync(Plane plane, IEnumerable<string> vms, CancellationToken ct)
    {
        Dictionary<string, IReadOnlyList<JsonElement>> histories = new(StringComparer.Ordinal);
        foreach (var some in vms.Chunk(HistoriesAtOnce))
        {
            var answers = await Task.WhenAll(some.Select(vm => plane.GetAsync($"/v1/vms/{vm}/events?limit=1000", ct)));
            foreach (var (vm, answer) in some.Zip(answers)) histories[vm] = answer.Status == 200 ? [.. answer.Json!.Value.GetProperty("items").EnumerateArray()] : [];
        }

        return histories;
    }
}
