using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>Speaks to a server as curl would: paths, JSON, one token.</summary>
public sealed class Client(HttpClient http, string? token)
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Reply> DeleteAsync(string path, string? key = null) => SendAsync(HttpMethod.Delete, path, null, key);

    /// <param name="key">Sent as <c>Idempotency-Key</c>.</param>
    public Task<Reply> PostAsync(string path, object? body = null, string? key = null) => SendAsync(HttpMethod.Post, path, body, key);

    public Task<Reply> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<Reply> PutAsync(string path, object? body = null, string? key = null) => SendAsync(HttpMethod.Put, path, body, key);

    public Task<Reply> SendTextAsync(HttpMethod method, string path, string text, string type = "application/json") =>
        SendContentAsync(method, path, new StringContent(text, Encoding.UTF8, type));

    public async Task<Reply> SendContentAsync(HttpMethod method, string path, HttpContent? content, string? key = null, bool expectContinue = false)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.ExpectContinue = expectContinue ? true : null;
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var response = await http.SendAsync(request);
        return new Reply($"{method} {path}", (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(),
            response.Headers.Location?.ToString(),
            response.Headers.TryGetValues("IaaS-Position", out var position) ? long.Parse(position.Single(), CultureInfo.InvariantCulture) : null,
            response.Content.Headers.Allow.Count > 0 ? string.Join(',', response.Content.Headers.Allow) : null)
        { RetryAfter = response.Headers.RetryAfter?.Delta };
    }

    /// <summary>The answers to a query that must be answered.</summary>
    public async Task<IReadOnlyList<JsonElement>> AskAsync(string query) =>
        [.. (await PostAsync("/v1/query", new { query })).Is(200).Json.GetProperty("answers").EnumerateArray()];

    /// <summary>The rows of one query.</summary>
    public async Task<IReadOnlyList<JsonElement>> RowsAsync(string query) => [.. (await AskAsync(query))[0].GetProperty("rows").EnumerateArray()];

    /// <summary>What a watched query tells, until it is cancelled.</summary>
    /// <param name="last">The id of the last event that was heard.</param>
    public async IAsyncEnumerable<SseItem<string>> WatchAsync(string query, string? last, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/query/watch?q={Uri.EscapeDataString(query)}");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        Assert.True(response.IsSuccessStatusCode, $"The watch is refused with {response.StatusCode}.");
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct)) yield return item;
    }

    /// <summary>The stream of an operation, up to where the server ends it.</summary>
    /// <param name="last">The id of the last event that was heard.</param>
    /// <param name="status">Of the answer.</param>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string operation, string? last, Action<int> status, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/operations/{operation}/events");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        request.Headers.Accept.Add(new("text/event-stream"));
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        status((int)response.StatusCode);
        if (response.StatusCode is not System.Net.HttpStatusCode.OK) yield break;
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct)) yield return item;
    }

    /// <summary>All rows of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonElement>> AllAsync(string path)
    {
        List<JsonElement> rows = [];
        var and = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        for (string? after = null; ;)
        {
            var page = (await GetAsync($"{path}{and}limit=1000{(after is null ? "" : $"&after={after}")}")).Is(200);
            rows.AddRange(page.Items);
            after = page.Next;
            if (after is null) return rows;
        }
    }

    /// <summary>Follows an accepted change to its end.</summary>
    public async Task<JsonElement> EndOfAsync(Reply accepted)
    {
        accepted.Is(202);
        return await Eventually.GetAsync($"the end of {accepted.Location}", async () => (await GetAsync(accepted.Location!)).Is(200).Json,
            o => o.Text("state") is "Succeeded" or "Failed");
    }

    /// <summary>Makes a change that must succeed.</summary>
    public async Task<JsonElement> DoAsync(Task<Reply> change)
    {
        var end = await EndOfAsync(await change);
        Assert.True(end.Text("state") == "Succeeded", $"It failed: {end}");
        return end;
    }

    private Task<Reply> SendAsync(HttpMethod method, string path, object? body, string? key = null) =>
        SendContentAsync(method, path, body is null ? null : new StringContent(JsonSerializer.Serialize(body, Options), Encoding.UTF8, "application/json"), key);
}
