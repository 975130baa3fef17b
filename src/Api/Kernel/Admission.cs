using System.Threading.RateLimiting;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>How much the server takes in at once. What is past it hears so at once, instead of waiting in a queue that grows.</summary>
public sealed record AdmissionLimits
{
    /// <summary>Changes that wait for their first answer, of all callers.</summary>
    public int Changes { get; init; } = 4_000;

    /// <summary>Those of one project; of callers without a project, of one token.</summary>
    public int ChangesOfOne { get; init; } = 2_000;

    /// <summary>Reads under way, of all callers.</summary>
    public int Reads { get; init; } = 2_000;

    /// <summary>Operations that are not over. Each takes some kilobytes of memory.</summary>
    public int OpenOperations { get; init; } = 100_000;

    /// <summary>Events that the read model may be behind.</summary>
    public long Behind { get; init; } = 200_000;
}

/// <summary>Refuses what is more than the server can do soon: 429, with Retry-After. Nothing of it has begun.</summary>
public sealed class Admission : IDisposable
{
    private readonly AdmissionLimits limits;
    private readonly OperationEngine engine;
    private readonly Projector projector;
    private readonly PartitionedRateLimiter<HttpContext> limiter;
    private long refused;

    public Admission(ServerOptions options, OperationEngine engine, Projector projector)
    {
        (limits, this.engine, this.projector) = (options.Admission, engine, projector);
        limiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, bool>(http => AtOnce(IsChange(http), IsChange(http) ? limits.Changes : limits.Reads)),
            PartitionedRateLimiter.Create<HttpContext, string>(http => IsChange(http)
                ? AtOnce(http.Caller.Project ?? http.Caller.Actor, limits.ChangesOfOne)
                : RateLimitPartition.GetNoLimiter("")));
    }

    /// <summary>Requests that were refused since the start.</summary>
    public long Refused => Interlocked.Read(ref refused);

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        // What streams for hours is no work, and who is not known yet sends no changes.
        if (http.Features.Get<Commands.Kernel.Pipeline.Caller>() is null || Streams(http.Request))
        {
            await next(http);
            return;
        }

        if (IsChange(http) && Behind() is { } why)
        {
            await RefuseAsync(http, why);
            return;
        }

        using var lease = limiter.AttemptAcquire(http);
        if (lease.IsAcquired) await next(http);
        else await RefuseAsync(http, IsChange(http) ? "It has as many changes to begin as it takes at once, or as one project may send." : "It has as many questions to answer as it takes at once.");
    }

    public void Dispose() => limiter.Dispose();

    private string? Behind()
    {
        if (engine.RunningCount >= limits.OpenOperations) return $"{engine.RunningCount} operations are not over yet.";
        return projector.Lag > limits.Behind ? $"What can be read is {projector.Lag} events behind." : null;
    }

    private Task RefuseAsync(HttpContext http, string why)
    {
        Interlocked.Increment(ref refused);
        http.Response.Headers.RetryAfter = "1";
        return Problems.Of(new Rejection(RejectionKind.Busy, "server.busy", $"The server is busy. {why} Nothing was begun; try again in a second.")).ExecuteAsync(http);
    }

    /// <summary>Queries are sent by POST, too.</summary>
    private static bool IsChange(HttpContext http) =>
        !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) && !http.Request.Path.StartsWithSegments("/v1/query", StringComparison.Ordinal);

    private static bool Streams(HttpRequest request) =>
        request.Path.StartsWithSegments("/v1/query/watch", StringComparison.Ordinal) || request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal);

    private static RateLimitPartition<TKey> AtOnce<TKey>(TKey key, int limit) => RateLimitPartition.GetConcurrencyLimiter(key,
        _ => new ConcurrencyLimiterOptions { PermitLimit = limit, QueueLimit = 0 });
}
