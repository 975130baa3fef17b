using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Replay;

/// <summary>One event as a log holds it: a line of JSON in a file, or a row of the database.</summary>
/// <param name="Name">The event's stored name.</param>
/// <param name="Data">The event.</param>
public sealed record LogRow(long Position, string Stream, long Version, DateTimeOffset At, string Name, Origin Origin, JsonElement Data)
{
    private static readonly JsonSerializerOptions LineOptions = new(DomainJson.Options)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>jsonb does not keep the order of members, so a type discriminator need not come first.</summary>
    private static readonly JsonSerializerOptions DataOptions = new(DomainJson.Options) { AllowOutOfOrderMetadataProperties = true };

    /// <exception cref="JsonException">The line is no event.</exception>
    public static LogRow Parse(string line) => JsonSerializer.Deserialize<LogRow>(line, LineOptions) ?? throw new JsonException("The line is null.");

    public string Line() => JsonSerializer.Serialize(this, LineOptions);

    /// <exception cref="ReplayException">This version does not know the event, or cannot read it.</exception>
    public Recorded Read(EventNames names)
    {
        try
        {
            var happened = Data.Deserialize(names.TypeOf(Name), DataOptions) as IEvent ?? throw new JsonException("The data is null.");
            return new(EventNames.Today(happened), Stream, Version, Position, At, Origin);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new ReplayException($"Position {Position} ({Stream}, {Name}) cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What keeps a log from being replayed, for people.</summary>
public sealed class ReplayException(string message, Exception? inner = null) : Exception(message, inner);
