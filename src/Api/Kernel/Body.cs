using System.Buffers;
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
    /// <summary>Largest body that is taken, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Largest body that is read to its end, so that its sender hears the refusal and not a broken connection.</summary>
    public const int MaxDiscardedBytes = 32 << 20;

    /// <returns>The body, or the problem with it.</returns>
    public static async Task<(Body<T>? Body, IResult? Problem)> ReadAsync<T>(HttpContext http, bool optional = false) where T : class
    {
        var request = http.Request;
        byte[]? bytes;
        try
        {
            bytes = await ReadBytesAsync(request, http.RequestAborted);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge());
        }

        if (bytes is null) return (null, TooLarge());
        var fingerprint = Fingerprint(request, bytes);
        if (bytes.Length == 0 && optional) bytes = "{}"u8.ToArray();
        if (bytes.Length == 0) return (null, Malformed("request.malformed", "The body is empty. Send a JSON object."));
        if (!optional && request.ContentType is { } type && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
            return (null, Problems.Of(StatusCodes.Status415UnsupportedMediaType, "request.not-json", $"The body is {type}. Send application/json."));
        if (BodyText.Refuse(bytes) is { } refusal) return (null, Problems.Of(refusal));
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

    /// <returns>Null when there is more than <see cref="MaxBytes"/>.</returns>
    private static async Task<byte[]?> ReadBytesAsync(HttpRequest request, CancellationToken ct)
    {
        using var buffer = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxBytes));
        var chunk = ArrayPool<byte>.Shared.Rent(16 << 10);
        try
        {
            var tooLarge = false;
            for (int read; (read = await request.Body.ReadAsync(chunk, ct)) > 0;)
            {
                tooLarge |= buffer.Length + read > MaxBytes;
                if (!tooLarge) buffer.Write(chunk, 0, read);
            }

            return tooLarge ? null : buffer.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
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
            var names = missing.Groups["fields"].Value.Replace("'", "", StringComparison.Ordinal);
            return Malformed("request.missing-field", $"Missing: {names}.", names.Split(", "));
        }

        if (message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase)) return Malformed("request.malformed", $"A field appears twice: {at}.", at);

        // A position is known only where the text itself is not JSON; a value of a wrong type is JSON.
        return message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) || message.Contains("null", StringComparison.Ordinal)
            ? Malformed("request.wrong-type", $"The value of '{at}' has the wrong type or is not one of the allowed values.", at)
            : Malformed("request.malformed", $"The body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
    }

    private static IResult Malformed(string code, string detail, params string[] fields) => Problems.Of(
        new Rejection(RejectionKind.Invalid, code, detail),
        fields is [] or [""] ? null : fields.ToDictionary(f => f, _ => new[] { detail }, StringComparer.Ordinal));

    private static IResult TooLarge() => Problems.Of(StatusCodes.Status413PayloadTooLarge, "request.too-large", $"A body has at most {MaxBytes} bytes.");

    private static string Fields(Type type) => string.Join(", ", Json.Options.GetTypeInfo(type).Properties.Select(p => p.Name));

    [GeneratedRegex("The JSON property '(?<field>[^']*)' could not be mapped", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Unknown();

    [GeneratedRegex("missing required properties including: (?<fields>.*?)\\.?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Missing();
}
