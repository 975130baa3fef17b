using Microsoft.AspNetCore.Http.Features;

namespace IaaS.Api.Kernel;

/// <summary>A tag that is the last segment of a path, URL-encoded, so that it can hold any character: slashes, too.</summary>
public static class TagInPath
{
    /// <param name="routed">The segment as routing gives it.</param>
    public static string Of(HttpRequest request, string routed)
    {
        // The server leaves %2F as it is, so that a%2Fb and a%252Fb look the same by now. What was sent tells them apart.
        if (!routed.Contains('%', StringComparison.Ordinal)) return routed;
        var sent = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (sent.IndexOfAny(['?', '#']) is >= 0 and var end) sent = sent[..end];
        sent = sent.TrimEnd('/');
        return Uri.UnescapeDataString(sent[(sent.LastIndexOf('/') + 1)..]);
    }
}
