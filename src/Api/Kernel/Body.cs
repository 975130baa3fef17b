using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>A request's body, and the mark by which a repeat of the request is known.</summary>
public sealed record Body<T>(T Value, string Fingerprint);

/// <summary>Reads bodies, and says in the words of the API what is wrong with one.</summary>
public static partial class Body
{
    /// <summary>Largest body that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <returns>The body, or the problem with it.</returns>
    public static async Task<(Body<T>? Body, IResult? Problem)> ReadAsync<T>(HttpContext http, bool optional = false) where T : class
    {
        var request = http.Request;
        if (request.ContentLength > MaxBytes) return (null, TooLarge());
        byte[] bytes;
        try
        {
            using var buffer = new MemoryStream((int)(request.ContentLength ?? 0));
            await request.Body.CopyToAsync(buffer, http.RequestAborted);
            bytes = buffer.ToArray();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge());
        }

        var fingerprint = Fingerprint(request, bytes);
        if (bytes.Length == 0 && optional) bytes = "{}"u8.ToArray();
        if (bytes.Length == 0) return (null, Malformed("request.malformed", "The body is empty. Send a JSON object."));
        if (!optional && request.ContentType is { } type && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
            return (null, Problems.Of(StatusCodes.Status415UnsupportedMediaType, "request.not-json", $"The body is {type}. Send application/json."));
        try
        {
            var value = JsonSerializer.Deserialize<T>(bytes, Json.Options);
            return value is null
                ? (null, Malformed("request.malformed", "The body is null. Send a JSON object."))
                : (new Body<T>(value, fingerprint), null);
        }
        catch (JsonException e)
        {
            return (null, Explain<T>(e));
        }
    }

    public static string Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static IResult Explain<T>(JsonException e)
    {
        var at = e.Path is { Length: > 2 } path ? path[2..] : "";
        var message = e.Message;
        if (Unknown().Match(message) is { Success: true } unknown)
        {
            return Malformed("request.unknown-field", $"There is no field '{unknown.Groups["field"].Value}' here. Known fields: {Fields(typeof(T))}.", unknown.Groups["field"].Value);
        }

        if (Missing().Match(message) is { Success: true } missing)
        {
            return Malformed("request.missing-field", $"Missing: {missing.Groups["fields"].Value.Replace("'", "", StringComparison.Ordinal)}.", missing.Groups["fields"].Value.Trim('\''));
        }

        if (message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase)) return Malformed("request.malformed", $"A field appears twice: {at}.", at);

        // A position is known only where the text itself is not JSON; a value of a wrong type is JSON.
        return message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) || message.Contains("null", StringComparison.Ordinal)
            ? Malformed("request.wrong-type", $"The value of '{at}' has the wrong type or is not one of the allowed values.", at)
            : Malformed("request.malformed", $"The body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
    }

    private static IResult Malformed(string code, string detail, string? field = null) => Problems.Of(
        new Rejection(RejectionKind.Invalid, code, detail),
        string.IsNullOrEmpty(field) ? null : new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [detail] });

    private static IResult TooLarge() => Problems.Of(StatusCodes.Status413PayloadTooLarge, "request.too-large", $"A body has at most {MaxBytes} bytes.");

    private static string Fields(Type type) => string.Join(", ", Json.Options.GetTypeInfo(type).Properties.Select(p => p.Name));

    [GeneratedRegex("The JSON property '(?<field>[^']*)' could not be mapped", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Unknown();

    [GeneratedRegex("missing required properties including: (?<fields>.*?)\\.?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Missing();
}
