using IaaS.Api.Kernel;
using IaaS.Commands.Cascade;
using IaaS.Domain.Kernel;

namespace IaaS.Api.Cascade;

/// <param name="Kind">Of what goes along.</param>
public sealed record GoneBody(string Id, string Kind, string? Name);

/// <summary>What a deletion with <c>cascade=true</c> would take along. Nothing has been changed.</summary>
/// <param name="Items">In the order in which they would go, at most 1,000.</param>
/// <param name="Total">Of them all.</param>
/// <param name="Counts">By kind.</param>
public sealed record DeletionBody(IReadOnlyList<GoneBody> Items, int Total, IReadOnlyDictionary<string, int> Counts)
{
    private const int Most = 1_000;

    public static async Task<IResult> OfAsync(HttpContext http, string id, IDependents dependents)
    {
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators see what stands on it."));
        var plan = await CascadePlan.OfAsync(id, dependents, http.RequestAborted);
        var counts = plan.Order.CountBy(d => d.Kind, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return TypedResults.Ok(new DeletionBody([.. plan.Order.Take(Most).Select(d => new GoneBody(d.Id, d.Kind, d.Name))],
            plan.Order.Count, new SortedDictionary<string, int>(counts, StringComparer.Ordinal)));
    }
}
