using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using IaaS.Commands.Kernel.Pipeline;
using IaaS.Domain.Token;
using IaaS.Projections.Kernel;
using IaaS.Projections.Token;

namespace IaaS.Api.Kernel;

/// <summary>Knows who the bearer of a secret is. Secrets are kept as hashes only.</summary>
public sealed class Tokens
{
    internal const string Scheme = "Bearer ";

    private readonly ConcurrentDictionary<string, TokenView> byHash = new(StringComparer.Ordinal);

    public Tokens(LiveTable<TokenView> tokens)
    {
        tokens.Changed += (before, after) =>
        {
            if (after is not null) byHash[after.Hash] = after;
            else if (before is not null) byHash.TryRemove(before.Hash, out _);
        };
        foreach (var token in tokens.All) byHash[token.Hash] = token;
    }

    public int Count => byHash.Count;

    public TokenView? Find(string secret) => byHash.GetValueOrDefault(Hash(secret));

    /// <summary>Who sent a request with a token that is valid now; an answer that takes its time asks again.</summary>
    public TokenView? BearerOf(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && Find(header[Scheme.Length..].Trim()) is { Role: not Role.Agent } token ? token : null;
    }

    /// <summary>SHA-256, hexadecimal. A secret has 160 bits of chance, so a slow hash would add nothing.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static string NewSecret() => "iaas_" + Base32.Encode(RandomNumberGenerator.GetBytes(20));
}

/// <summary>Lets in who has a token, and only those.</summary>
public sealed class Authentication(RequestDelegate next, Tokens tokens)
{
    private static readonly PathString[] Open = ["/health", "/metrics", "/openapi", "/docs", "/v1/agents/enroll",
        // Agents prove who they are in their first message.
        "/iaas.agent.v1.AgentGateway"];

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path == "/" || Array.Exists(Open, o => http.Request.Path.StartsWithSegments(o, StringComparison.Ordinal)))
        {
            await next(http);
            return;
        }

        if (!http.Request.Headers.Authorization.ToString().StartsWith(Tokens.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(http, "auth.token-missing", "Send the header 'Authorization: Bearer <token>'.");
            return;
        }

        if (tokens.BearerOf(http) is not { } token)
        {
            await RefuseAsync(http, "auth.token-wrong", "There is no such token, or it has been revoked.");
            return;
        }

        http.Features.Set(new Caller(token.Id, token.Role, token.ProjectId));
        await next(http);
    }

    private static Task RefuseAsync(HttpContext http, string code, string detail)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(StatusCodes.Status401Unauthorized, code, detail).ExecuteAsync(http);
    }
}

public static class CallerExtensions
{
    extension(HttpContext http)
    {
        public Caller Caller => http.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint is not behind authentication.");
    }
}
