using IaaS.Domain.Kernel;

namespace IaaS.Commands.Cascade;

/// <summary>
/// Says of one kind what it stands on, so that it goes when that is deleted with all that stands on it. Found by convention: a new kind
/// opts in with one class.
/// </summary>
public interface ICascade
{
    /// <summary>Of what goes along.</summary>
    string Kind { get; }

    /// <summary>By the kind of what it stands on: the condition of the query language that finds those, with <c>{0}</c> where its id goes.</summary>
    IReadOnlyDictionary<string, string> StandsOn { get; }

    /// <summary>A field with the id of what must go before it, where that goes too; null for none.</summary>
    string? GoesAfter => null;

    /// <summary>The operations that delete one, in their order.</summary>
    IReadOnlyList<CascadeStep> Delete(Dependent dependent);
}

/// <param name="Id">Of a resource that stands on another.</param>
/// <param name="On">The id of that one, as it was found first.</param>
/// <param name="After">The id of what holds it now; null for none.</param>
public sealed record Dependent(string Id, string? Name, string On, string? After)
{
    public string Kind => ResourceId.KindOf(Id);
}

/// <summary>An operation to run.</summary>
public sealed record CascadeStep(string Workflow, string Subject, object Input);

/// <summary>What stands on what, by the read side.</summary>
public interface IDependents
{
    /// <summary>What stands on a resource itself, as of some moment after the call.</summary>
    Task<IReadOnlyList<Dependent>> OfAsync(string id, CancellationToken ct);
}

/// <summary>All that goes when one resource goes.</summary>
/// <param name="Order">Each after all that stand on it.</param>
/// <param name="Ready">Those of them on which nothing stands and that nothing holds.</param>
public sealed record CascadePlan(IReadOnlyList<Dependent> Order, IReadOnlyList<Dependent> Ready)
{
    public static async Task<CascadePlan> OfAsync(string root, IDependents dependents, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(dependents);
        Dictionary<string, Dependent> found = new(StringComparer.Ordinal);
        Dictionary<string, HashSet<string>> before = new(StringComparer.Ordinal);
        Queue<string> open = new([root]);
        while (open.TryDequeue(out var id))
        {
            foreach (var dependent in await dependents.OfAsync(id, ct))
            {
                Before(id).Add(dependent.Id);
                if (found.TryAdd(dependent.Id, dependent)) open.Enqueue(dependent.Id);
            }
        }

        foreach (var held in found.Values.Where(d => d.After is not null && found.ContainsKey(d.After))) Before(held.Id).Add(held.After!);
        return new(Sorted(), [.. found.Values.Where(d => !before.ContainsKey(d.Id)).OrderBy(d => d.Id, StringComparer.Ordinal)]);

        HashSet<string> Before(string id) => before.TryGetValue(id, out var ids) ? ids : before[id] = new(StringComparer.Ordinal);

        List<Dependent> Sorted()
        {
            List<Dependent> order = [];
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (var id in found.Keys.Order(StringComparer.Ordinal)) Visit(id);
            return order;

            void Visit(string id)
            {
                if (!seen.Add(id)) return;
                foreach (var earlier in before.GetValueOrDefault(id, []).Order(StringComparer.Ordinal)) Visit(earlier);
                order.Add(found[id]);
            }
        }
    }
}
