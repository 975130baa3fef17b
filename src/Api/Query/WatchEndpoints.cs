using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using IaaS.Api.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Watch;
using Microsoft.AspNetCore.Mvc;

namespace IaaS.Api.Query;

/// <summary>What one event of a watch carries. Its kind is the event's type: row, enter, change, leave, position or error.</summary>
/// <param name="Id">Of the row.</param>
/// <param name="Row">What the query returns of it; none when it left.</param>
/// <param name="Position">The event is right for this position of the log.</param>
public sealed record WatchBody(string? Id, WatchRow? Row, long Position, string? Code = null, string? Detail = null);

[JsonConverter(typeof(WatchRowConverter))]
public sealed record WatchRow(IReadOnlyList<string> Keys, IReadOnlyList<object?> Cells);

public sealed class WatchRowConverter : JsonConverter<WatchRow>
{
    public override WatchRow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("Rows are written only.");

    public override void Write(Utf8JsonWriter writer, WatchRow value, JsonSerializerOptions options) => AnswerJson.WriteRow(writer, value.Keys, value.Cells);
}

/// <summary>A query as server-sent events.</summary>
public sealed class WatchEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/v1/query/watch", WatchAsync).WithTags("query")
        .WithName("watch-query").WithSummary("The rows of a query, then what enters, changes and leaves, as server-sent events. Last-Event-ID goes on where a watch was cut off.")
        .Produces<string>(200, "text/event-stream").ProducesProblem(400);

    private static async Task<IResult> WatchAsync(
        [FromQuery] string q, HttpContext http, QueryEngine engine, IFeed feed, Projector projector, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        WatchPlace? place = null;
        if (http.Request.Headers.TryGetValue("Last-Event-ID", out var last))
        {
            if (WatchPlace.Parse(last.ToString()) is not { } from)
                return Problems.Of(new Rejection(RejectionKind.Invalid, "query.bad-cursor", $"The Last-Event-ID '{last}' is none that a watch gave out. Leave it out to begin anew."));
            place = from;
        }

        // The server does not wait at its end for those who watch: they come back, to it or to another.
        var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        http.Response.RegisterForDispose(stop);
        if (QueryParser.ParseOne(q) is Answer<QuerySyntax>.Refused { Reason: var wrong }) return Problems.Of(wrong);
        var query = ((Answer<QuerySyntax>.Given)QueryParser.ParseOne(q)).Value;
        var watch = new QueryWatch(engine, feed, time, projector.WaitForAsync);
        return await watch.StartAsync(query, QueryEndpoints.Caller(http), place, stop.Token, q) switch
        {
            Answer<IAsyncEnumerable<WatchEvent>>.Given { Value: var events } => TypedResults.ServerSentEvents(ItemsAsync(events, stop.Token)),
            Answer<IAsyncEnumerable<WatchEvent>>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static async IAsyncEnumerable<SseItem<WatchBody>> ItemsAsync(IAsyncEnumerable<WatchEvent> events, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var source = events.GetAsyncEnumerator(ct);
        while (true)
        {
            SseItem<WatchBody> item;
            try
            {
                if (!await source.MoveNextAsync()) yield break;
                var e = source.Current;
                item = new(new(e.Id, e.Row is null ? null : new(e.Keys, e.Row), e.Place.To), e.Change.ToString().ToLowerInvariant()) { EventId = e.Place.ToString() };
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                yield break;
            }
            catch (WatchEndedException ended)
            {
                item = new(new(Id: null, Row: null, Position: 0, ended.Why.Code, ended.Why.Detail), "error");
            }

            yield return item;
            if (item.EventType == "error") yield break;
        }
    }
}
