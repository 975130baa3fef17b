using IaaS.Domain.Kernel;

namespace IaaS.Commands.Audit;

/// <summary>What stands on what, said twice: by what stands, and by what it stands on.</summary>
public sealed class StandingFold
{
    private readonly HashSet<(string Dependent, string Parent)> said = [];
    private readonly HashSet<(string Dependent, string Parent)> held = [];

    public void Add(Recorded happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        switch (happened.Event)
        {
            // What the control plane itself brought along at its first start holds nothing.
            case IResourceCreated e when happened.Origin.Correlation.Length > 0: said.UnionWith(e.Parents.Select(p => (happened.Stream, p))); break;
            case ResourceDeleted: said.RemoveWhere(s => string.Equals(s.Dependent, happened.Stream, StringComparison.Ordinal)); break;
            case DependentAdded e: held.Add((e.Dependent, happened.Stream)); break;
            case DependentRemoved e: held.Remove((e.Dependent, happened.Stream)); break;
        }
    }

    /// <param name="changing">Subjects of open operations: they are added or taken away at this moment.</param>
    public IEnumerable<AuditFinding> Findings(IReadOnlySet<string> changing)
    {
        foreach (var (dependent, parent) in said.Except(held).Where(s => !changing.Contains(s.Dependent)))
            yield return new("dependent.missing", parent, $"{dependent} stands on it, and it does not know.");
        foreach (var (dependent, parent) in held.Except(said).Where(s => !changing.Contains(s.Dependent)))
            yield return new("dependent.leaked", parent, $"It is kept by {dependent}, which does not stand on it.");
    }
}
