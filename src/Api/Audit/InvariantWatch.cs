using System.Diagnostics.Metrics;
using IaaS.Api.Kernel;
using IaaS.Commands.Audit;
using Npgsql;

namespace IaaS.Api.Audit;

/// <summary>Checks now and then whether the cloud adds up, and tells what does not: in the log, as a metric, and to administrators who ask.</summary>
public sealed partial class InvariantWatch(InvariantChecks checks, WatchOptions options, TimeProvider time, ILogger<InvariantWatch> log) : IDisposable
{
    /// <summary>It looks at every row. Where there are many a check lasts longer, and takes a fiftieth of a processor.</summary>
    private const int Rest = 50;

    private readonly Sightings sightings = new();
    private readonly Meter meter = new(Metrics.Name);

    /// <summary>The last check; null before the first.</summary>
    public WatchBody? Last { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        if (options.Every <= TimeSpan.Zero) return;
        meter.CreateObservableGauge("iaas.invariants.findings", () => Last?.Findings.Count ?? 0, "{finding}", "What does not add up, by the last check.");
        var wait = options.Every;
        while (true)
        {
            await Task.Delay(wait, time, ct);
            var begun = time.GetTimestamp();
            try
            {
                await CheckAsync(ct);
            }
            catch (NpgsqlException e)
            {
                LogNotChecked(log, e.Message);
            }

            var rest = options.Every - time.GetElapsedTime(begun);
            wait = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    public void Dispose() => meter.Dispose();

    private async Task CheckAsync(CancellationToken ct)
    {
        var at = time.GetUtcNow();
        var seen = await checks.RunAsync(took => Task.Delay(took * Rest < options.Every ? took * Rest : options.Every, time, ct), ct);
        // What it found may be by an operation that began after it did.
        var (began, ended) = sightings.See(seen.Findings, time.GetUtcNow(), seen.Oldest);
        Last = new WatchBody(at, Math.Round(seen.Took.TotalMilliseconds, 1),
            [.. sightings.All.Where(s => s.IsTold).Select(s => new WatchedFinding(s.Finding.Code, s.Finding.Resource, s.Finding.Detail, s.Since))]);
        foreach (var finding in began.Select(s => s.Finding)) LogBegun(log, finding.Code, finding.Resource, finding.Detail);
        foreach (var finding in ended.Select(s => s.Finding)) LogEnded(log, finding.Code, finding.Resource);
    }

    [LoggerMessage(LogLevel.Warning, "{Code}: {Resource}: {Detail} ./iaas audit looks closer")]
    private static partial void LogBegun(ILogger log, string code, string resource, string detail);

    [LoggerMessage(LogLevel.Information, "{Code}: {Resource} adds up again")]
    private static partial void LogEnded(ILogger log, string code, string resource);

    [LoggerMessage(LogLevel.Warning, "Whether the cloud adds up was not checked: {Why}")]
    private static partial void LogNotChecked(ILogger log, string why);
}

/// <param name="Every">How often it is checked; zero for never.</param>
public sealed record WatchOptions(TimeSpan Every);

/// <param name="Since">When it was seen first.</param>
public sealed record WatchedFinding(string Code, string Resource, string Detail, DateTimeOffset Since);

/// <param name="At">When the last check began.</param>
/// <param name="Took">Milliseconds that its statements took, without the rests between them.</param>
/// <param name="Findings">What does not add up and is explained by nothing that is under way; empty when all is well.</param>
public sealed record WatchBody(DateTimeOffset At, double Took, IReadOnlyList<WatchedFinding> Findings);
