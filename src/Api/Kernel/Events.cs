using System.Globalization;
using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>One event of a resource's history.</summary>
/// <param name="Type">Its stored name, for example <c>vm.requested/1</c>.</param>
/// <param name="Actor">Who: a token's id, an agent, or the system.</param>
/// <param name="Operation">The operation that it was part of; <c>GET /v1/operations/{id}</c> tells the rest.</param>
/// <param name="Cause">The step of the operation.</param>
public sealed record EventBody(
    long Position, long Version, string Type, DateTimeOffset At, string Actor, string? Operation, string? Cause, JsonElement Data);

/// <summary>Histories, read from the log itself.</summary>
public static class Events
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    /// <param name="maySee">Asked only when there is a history.</param>
    public static async Task<IResult> ReadAsync(HttpContext http, ApiHost api, string kind, string id, Func<Task<bool>> maySee)
    {
        if (!TryNumber(http, "after", 0, long.MaxValue, 0, out var after, out var problem)) return problem!;
        if (!TryNumber(http, "limit", 1, MaxLimit, DefaultLimit, out var limit, out problem)) return problem!;
        IReadOnlyList<Recorded> events = ResourceId.IsValid(id, kind) ? await api.Store.ReadAsync(id, after, http.RequestAborted) : [];
        if ((events.Count == 0 && after == 0) || !await maySee())
            return Problems.Of(new Rejection(RejectionKind.NotFound, $"{kind}.not-found", $"There is no {id}."));

        var names = http.RequestServices.GetRequiredService<EventNames>();
        var page = events.Take((int)limit).Select(e => Of(e, names)).ToList();
        var next = events.Count > page.Count ? page[^1].Version.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new Page<EventBody>(page, next, Total: null));
    }

    private static EventBody Of(Recorded e, EventNames names)
    {
        var data = JsonSerializer.SerializeToElement(e.Event, e.Event.GetType(), DomainJson.Options);
        return new EventBody(e.Position, e.Version, names.NameOf(e.Event.GetType()), e.At, e.Origin.Actor,
            NullIfEmpty(e.Origin.Correlation), NullIfEmpty(e.Origin.Causation), Redact(data));
    }

    /// <summary>Hashes of secrets are of no use to a reader, and of some to a thief.</summary>
    private static JsonElement Redact(JsonElement data)
    {
        if (!data.EnumerateObject().Any(p => p.Name is "hash" or "secretHash")) return data;
        return JsonSerializer.SerializeToElement(data.EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Name is "hash" or "secretHash" ? JsonSerializer.SerializeToElement("…") : p.Value, StringComparer.Ordinal));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>A number in the query, or else the one that is meant without it.</summary>
    internal static bool TryNumber(HttpContext http, string name, long least, long most, long otherwise, out long number, out IResult? problem)
    {
        (number, problem) = (otherwise, null);
        if (!http.Request.Query.TryGetValue(name, out var text)) return true;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most) return true;
        problem = Problems.Of(new Rejection(RejectionKind.Invalid, $"query.bad-{name}", $"'{text}' is not a number from {least} to {most}."));
        return false;
    }
}
