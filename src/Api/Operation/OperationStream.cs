using System.Globalization;
using System.Text;
using System.Text.Json;
using IaaS.Api.Kernel;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace IaaS.Api.Operation;

/// <summary>
/// One operation as server-sent events: its present state, then each change up to its end. It folds what is on record, so that an
/// event's id, which is the version of the operation, stands for the same state whoever tells it, before and after a restart.
/// </summary>
internal sealed class OperationStream(OperationId id, HttpContext http, ApiHost api, OperationNews news, Tokens tokens)
{
    public const string MediaType = "text/event-stream";

    /// <summary>Without a word for longer than this, proxies take a connection for dead.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly JsonSerializerOptions json = http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
    private OperationReport? report;
    private long version;

    private OperationState State => report?.State ?? OperationState.Empty;

    /// <summary>Answers the request; when it returns, the answer is whole.</summary>
    public async Task<IResult> RunAsync(CancellationToken stopping)
    {
        long? heard = null;
        if (http.Request.Headers.TryGetValue("Last-Event-ID", out var last))
        {
            if (!long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return BadId(last.ToString());
            heard = number;
        }

        using var subscription = news.Follow(id);
        // Read after the subscription: whatever is committed from here on is told by one of the two.
        var events = await api.Engine.LoadAsync(id);
        if (heard > events[^1].Version) return BadId(last.ToString());
        foreach (var happened in events.TakeWhile(e => e.Version <= (heard ?? long.MaxValue))) Fold(happened);
        // A browser connects again when a stream has ended; this tells it that there is nothing more.
        if (heard is not null && report is { IsOver: true }) return TypedResults.NoContent();

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-cache,no-store";
        try
        {
            await http.Response.StartAsync(stop.Token);
            if (heard is null) await TellAsync(stop.Token);
            await TellAsync(events, stop.Token);
            await FollowAsync(subscription, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The client has gone, or the server stops: it comes back with the last id that it heard.
        }
        catch (StoreUnavailableException)
        {
            // The same: the stream ends where the record of it ends.
        }

        return TypedResults.Empty;
    }

    private async Task FollowAsync(OperationNews.Subscription subscription, CancellationToken ct)
    {
        while (report is not { IsOver: true })
        {
            var happened = await subscription.NextAsync(Heartbeat, api.Time, ct);
            // A token that was revoked meanwhile hears no more.
            if (tokens.BearerOf(http) is null) return;
            if (happened is null)
            {
                await http.Response.WriteAsync(":\n\n", ct);
                await http.Response.Body.FlushAsync(ct);
                // What this process does not run, it may not hear of.
                if (!api.Engine.Runs(id)) await TellAsync(await api.Engine.LoadAsync(id), ct);
            }
            else if (happened.Version == version + 1)
            {
                await TellAsync([happened], ct);
            }
            else if (happened.Version > version)
            {
                // A commit whose answer was lost is in the log, and nobody was told of it.
                await TellAsync(await api.Engine.LoadAsync(id), ct);
            }
        }
    }

    /// <summary>Tells of each event that has not been told of.</summary>
    private async Task TellAsync(IReadOnlyList<Recorded> events, CancellationToken ct)
    {
        foreach (var happened in events.Where(e => e.Version > version))
        {
            Fold(happened);
            await TellAsync(ct);
        }
    }

    private async Task TellAsync(CancellationToken ct)
    {
        await api.VisibleAsync(report!, ct);
        var name = State.Phase switch
        {
            OperationPhase.Succeeded => "succeeded",
            OperationPhase.Failed => "failed",
            _ => "progress",
        };
        // JSON has no line breaks of its own, so it is one line of data.
        var text = string.Create(CultureInfo.InvariantCulture, $"id: {version}\nevent: {name}\ndata: {JsonSerializer.Serialize(OperationBody.Whole(report!), json)}\n\n");
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
        await http.Response.Body.FlushAsync(ct);
    }

    private void Fold(Recorded happened)
    {
        report = api.Engine.ReportOf(id, OperationState.Evolve(State, happened.Event), happened.Position);
        version = happened.Version;
    }

    private IResult BadId(string last) => Problems.Of(new Rejection(RejectionKind.Invalid, "operation.bad-event-id",
        $"The Last-Event-ID '{last}' is none that {id} gave out. Leave it out to begin with its present state."));
}
