using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace IaaS.Soak;

/// <summary>What the server answered.</summary>
/// <param name="Position">The end of the log as the answer knows it.</param>
internal sealed record Answer(int Status, string Text, JsonElement? Json, string? Location, long? Position)
{
    public bool IsAcknowledged => Status is >= 200 and < 300;

    /// <summary>The stable code of a refusal.</summary>
    public string? Code => Json?.Text("code");

    /// <summary>The operation that an answer is about: an accepted one, or one that was refused in its first step.</summary>
    public string? Operation => Status == 202 ? Location?[(Location.LastIndexOf('/') + 1)..] : IsAcknowledged ? null : Json?.Text("operation");

    /// <summary>The server is there and cannot answer yet: nothing has come of the request.</summary>
    public bool IsNotYet => Status == 503 && Operation is null;
}

/// <summary>The server over HTTP, with one token. A request has an answer or none: then nobody knows what became of it.</summary>
internal sealed class Plane : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http;
    private long requests;
    private long unanswered;
    private long position;

    public Plane(Uri url, string token)
    {
        http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(40) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public long Requests => Volatile.Read(ref requests);

    public long Unanswered => Volatile.Read(ref unanswered);

    /// <summary>The highest position of the log that any answer named.</summary>
    public long Position => Volatile.Read(ref position);

    /// <returns>Null when there was no answer.</returns>
    public async Task<Answer?> SendAsync(HttpMethod method, string path, string? body, string? key, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        Interlocked.Increment(ref requests);
        try
        {
            using var response = await http.SendAsync(request, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            long? at = response.Headers.TryGetValues("IaaS-Position", out var given) ? long.Parse(given.Single(), CultureInfo.InvariantCulture) : null;
            if (at is { } reached) Raise(reached);
            return new Answer((int)response.StatusCode, text, text.Length == 0 ? null : JsonElement.Parse(text), response.Headers.Location?.ToString(), at);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            Interlocked.Increment(ref unanswered);
            return null;
        }
    }

    /// <summary>Asks until there is an answer, however often the server dies meanwhile.</summary>
    public async Task<Answer> AskAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        var text = body is null ? null : JsonSerializer.Serialize(body, JsonSerializerOptions.Web);
        while (true)
        {
            if (await SendAsync(method, path, text, key: null, ct) is { IsNotYet: false } answer) return answer;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    public Task<Answer> GetAsync(string path, CancellationToken ct) => AskAsync(HttpMethod.Get, path, body: null, ct);

    /// <summary>All rows of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonElement>> AllAsync(string list, CancellationToken ct)
    {
        List<JsonElement> rows = [];
        for (string? after = ""; after is not null;)
        {
            var page = (await GetAsync($"{list}?limit=1000{(after.Length == 0 ? "" : $"&after={Uri.EscapeDataString(after)}")}", ct)).Json!.Value;
            rows.AddRange(page.GetProperty("items").EnumerateArray());
            after = page.Text("next");
        }

        return rows;
    }

    public void Dispose() => http.Dispose();

    private void Raise(long reached)
    {
        for (var known = Position; reached > known; known = Position)
        {
            if (Interlocked.CompareExchange(ref position, reached, known) == known) return;
        }
    }
}

internal static class JsonExtensions
{
    extension(JsonElement json)
    {
        /// <summary>A field as text; null where it is missing.</summary>
        public string? Text(string field) =>
            json.ValueKind is JsonValueKind.Object && json.TryGetProperty(field, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : null;

        public string Id => json.GetProperty("id").GetString()!;

        public long Number(string field) => json.GetProperty(field).GetInt64();
    }
}
