using IaaS.Api.Kernel;
using IaaS.Commands.Audit;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Audit;

/// <param name="Position">Up to which the log was folded.</param>
/// <param name="Findings">What must not be; empty when all is well.</param>
/// <param name="HandedOver">What administrators took over from operations: known to be left behind, and no finding.</param>
public sealed record AuditBody(
    long Position, long Events, int Hosts, int Vms, int OpenOperations, IReadOnlyList<AuditFinding> Findings, IReadOnlyList<HandedOverStep> HandedOver);

/// <summary>Folds the whole log and looks whether everything adds up. For administrators; it reads the log once and holds its states meanwhile.</summary>
public sealed class AuditEndpoints : IEndpoints
{
    private const int Batch = 5_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/audit", RunAsync).WithTags("operations")
            .WithName("audit").WithSummary("Folds the log and says what is given away without an owner, what an owner lacks, what does not add up, what does not end.")
            .Produces<AuditBody>().ProducesProblem(403);
        app.MapGet("/v1/audit/watch", (HttpContext http, InvariantWatch watch) => !http.Caller.IsAdmin ? Forbidden() : watch.Last is { } last
                ? TypedResults.Ok(last)
                : Problems.Of(new Rejection(RejectionKind.Unavailable, "audit.not-yet", "Nothing has been checked yet. Try again in a minute, or ask /v1/audit for a full audit.")))
            .WithTags("operations").WithName("audit-watch").WithSummary("What did not add up at the last of the checks that are made all the time.")
            .Produces<WatchBody>().ProducesProblem(403).ProducesProblem(503);
    }

    private static async Task<IResult> RunAsync(HttpContext http, IEventStore store, TimeProvider time)
    {
        if (!http.Caller.IsAdmin) return Forbidden();
        var (cloud, head) = (new CloudFold(), await store.HeadAsync(http.RequestAborted));
        while (cloud.Position < head)
        {
            var read = await store.ReadFeedAsync(cloud.Position, Batch, http.RequestAborted);
            if (read.Count == 0) break;
            foreach (var happened in read) cloud.Add(happened);
        }

        return TypedResults.Ok(new AuditBody(cloud.Position, cloud.Events, cloud.Hosts.All.Count, cloud.Vms.All.Count, cloud.Open.Count, Invariants.Of(cloud, time.GetUtcNow()), cloud.HandedOver));
    }

    private static IResult Forbidden() =>
        Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators audit the cloud. Use an administrator's token."));
}
