using System.Text.Json;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>An HTTP answer as a client sees it.</summary>
public sealed record Reply(string Request, int Status, string? ContentType, string Text, string? Location, long? Position, string? Allow)
{
    /// <summary>Seconds after which to try again, where the answer says so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public JsonElement Json => JsonElement.Parse(Text);

    public IReadOnlyList<JsonElement> Items => [.. Json.GetProperty("items").EnumerateArray()];

    public string? Next => Json.Text("next");

    /// <summary>The stable code of a refusal.</summary>
    public string? Code => Json.Text("code");

    public string Detail => Json.Text("detail") ?? "";

    public Reply Is(int status)
    {
        Assert.True(Status == status, $"{Request}: expected {status}, got {Status}: {Text}");
        return this;
    }

    /// <summary>Asserts a refusal in the one form that refusals have.</summary>
    public Reply IsProblem(int status, string code)
    {
        Is(status);
        Assert.True(ContentType == "application/problem+json", $"{Request}: the refusal is {ContentType}: {Text}");
        Assert.True(Code == code, $"{Request}: expected {code}, got {Text}");
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.Equal($"urn:iaas:error:{code}", Json.Text("type"));
        Assert.False(string.IsNullOrWhiteSpace(Detail), "A refusal says why.");
        return this;
    }
}

public static class JsonExtensions
{
    extension(JsonElement json)
    {
        /// <summary>A field as text; null where it is missing.</summary>
        public string? Text(string field) =>
            json.TryGetProperty(field, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : null;

        public string Id => json.GetProperty("id").GetString()!;

        public long Number(string field) => json.GetProperty(field).GetInt64();
    }
}
