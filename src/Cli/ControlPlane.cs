using System.Net.Http.Headers;
using System.Net.Http.Json;
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
        JsonNode? answer;
        try
        {
            answer = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw new RefusedException($"http.{(int)response.StatusCode}", $"{http.BaseAddress} does not answer as a control plane does.");
        }

        return response.IsSuccessStatusCode && answer is not null ? answer
            : throw new RefusedException(answer?["code"]?.GetValue<string>() ?? $"http.{(int)response.StatusCode}", answer?["detail"]?.GetValue<string>() ?? text);
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
