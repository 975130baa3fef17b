using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace IaaS.Cli;

/// <summary>A control plane, asked over HTTP.</summary>
public sealed class ControlPlane : IDisposable
{
    private readonly HttpClient http;

    public ControlPlane(Uri url, string token)
    {
        http = new() { BaseAddress = url };
        if (token.Length > 0) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("iaas-cli", "1"));
    }

    public Task<JsonNode> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, body: null, ct);

    public Task<JsonNode> PostAsync(string path, object? body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    /// <summary>What a stream of events tells, up to where the control plane ends it.</summary>
    /// <param name="last">The id of the last event that was heard.</param>
    public async IAsyncEnumerable<SseItem<string>> EventsAsync(string path, string? last, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new("text/event-stream"));
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode) throw Refused(response, await response.Content.ReadAsStringAsync(ct));
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct)) yield return item;
    }

    public void Dispose() => http.Dispose();

    /// <summary>Runs a command; what goes wrong is told in one line, and ends it with 1.</summary>
    public static async Task<int> RunAsync(ControlPlane plane, Func<ControlPlane, Task<int>> command)
    {
        using (plane)
        {
            try
            {
                return await command(plane);
            }
            catch (RefusedException e)
            {
                await Console.Error.WriteLineAsync($"{e.Code}: {e.Message}");
                return 1;
            }
            catch (HttpRequestException e)
            {
                await Console.Error.WriteLineAsync($"{e.Message}. Is the control plane there? --url says where.");
                return 1;
            }
        }
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), mediaType: null, JsonSerializerOptions.Web) };
        using var response = await http.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        return response.IsSuccessStatusCode && Parsed(response, text) is { } answer ? answer : throw Refused(response, text);
    }

    private RefusedException Refused(HttpResponseMessage response, string text)
    {
        var answer = Parsed(response, text);
        return new RefusedException(answer?["code"]?.GetValue<string>() ?? $"http.{(int)response.StatusCode}", answer?["detail"]?.GetValue<string>() ?? text);
    }

    private JsonNode? Parsed(HttpResponseMessage response, string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw new RefusedException($"http.{(int)response.StatusCode}", $"{http.BaseAddress} does not answer as a control plane does.");
        }
    }
}

/// <summary>What the control plane would not do.</summary>
public sealed class RefusedException(string code, string message) : Exception(message)
{
    public string Code => code;
}

/// <summary>Prints as a person reads it, or wide and plain where the output is no terminal.</summary>
public static class Printed
{
    public static readonly IAnsiConsole Console = Create();

    public static void Rows(Table table)
    {
        table.Border = TableBorder.Simple;
        Console.Write(table);
    }

    private static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new());
        if (System.Console.IsOutputRedirected) console.Profile.Width = 240;
        return console;
    }
}
