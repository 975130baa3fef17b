using IaaS.Domain.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>The only place where a refusal becomes an HTTP answer: problem details (RFC 9457) with a stable code.</summary>
public static class Problems
{
    public const string TypeBase = "urn:iaas:error:";

    public static int StatusOf(RejectionKind kind) => kind switch
    {
        RejectionKind.Invalid => StatusCodes.Status400BadRequest,
        RejectionKind.Forbidden => StatusCodes.Status403Forbidden,
        RejectionKind.QuotaExceeded => StatusCodes.Status403Forbidden,
        RejectionKind.NotFound => StatusCodes.Status404NotFound,
        RejectionKind.Conflict => StatusCodes.Status409Conflict,
        RejectionKind.Gone => StatusCodes.Status410Gone,
        RejectionKind.Busy => StatusCodes.Status429TooManyRequests,
        RejectionKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        RejectionKind.TimedOut => StatusCodes.Status504GatewayTimeout,
        RejectionKind.NoCapacity => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static IResult Of(Rejection why, IReadOnlyDictionary<string, string[]>? fields = null, string? operation = null) =>
        Of(StatusOf(why.Kind), why.Code, why.Detail, fields, operation);

    public static IResult Of(int status, string code, string detail, IReadOnlyDictionary<string, string[]>? fields = null, string? operation = null)
    {
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code };
        if (fields is not null) extensions["errors"] = fields;
        if (operation is not null) extensions["operation"] = operation;
        return TypedResults.Problem(detail, statusCode: status, title: Title(status), type: TypeBase + code, extensions: extensions);
    }

    private static string Title(int status) => status switch
    {
        400 => "The request is not right",
        401 => "Who are you?",
        403 => "Not allowed",
        404 => "Not there",
        405 => "Not done to this",
        409 => "In the way of something else",
        410 => "No longer there",
        413 => "Too large",
        415 => "Not a format that is understood",
        429 => "Too much at once",
        503 => "Not available now",
        504 => "Took too long",
        507 => "No room",
        _ => "A fault of ours",
    };
}
