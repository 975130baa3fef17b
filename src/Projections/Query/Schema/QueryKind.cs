using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query.Schema;

/// <summary>
/// One kind of row as queries see it: a view, or the elements of a list inside a view. A query starts at a view and comes by relations
/// to everything else.
/// </summary>
public sealed class QueryKind
{
    private readonly Dictionary<string, ViewField> fields;
    private readonly SortedDictionary<string, QueryRelation> relations = new(StringComparer.Ordinal);

    internal QueryKind(ViewShape view, ElementShape? element = null)
    {
        View = view;
        Element = element;
        Name = element is null ? view.Name : $"{view.Name}.{element.Name}";
        // A list of elements is a relation, and hidden fields do not exist for anybody.
        var lists = view.Elements.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        Fields = element?.Fields ?? [.. view.Fields.Where(f => !view.Type.Hidden.Contains(f.Name, StringComparer.Ordinal) && !lists.Contains(f.Name))];
        fields = Fields.ToDictionary(f => f.Name, StringComparer.Ordinal);
        Table = element is null ? ViewTables.TableOf(view) : element.Table;
        Key = element is null ? ["\"id\""] : ["\"#owner\"", "\"#no\""];
        ProjectColumn = view.Project is null ? null : element is null ? view.Project.Quoted : "\"#project\"";
    }

    /// <summary>As the language has it: <c>vm</c>. For elements that of their list: <c>vm.nics</c>.</summary>
    public string Name { get; }

    /// <summary>The view that it is, or that owns the elements.</summary>
    public ViewShape View { get; }

    /// <summary>The list whose elements these are; null for a view.</summary>
    public ElementShape? Element { get; }

    /// <summary>What can be asked for, in declaration order.</summary>
    public IReadOnlyList<ViewField> Fields { get; }

    /// <summary>Ways to other rows, by name.</summary>
    public IReadOnlyDictionary<string, QueryRelation> Relations => relations;

    internal string Table { get; }

    /// <summary>The quoted columns that tell one row from all others.</summary>
    internal IReadOnlyList<string> Key { get; }

    /// <summary>The quoted column that says whose row it is; null for infrastructure.</summary>
    internal string? ProjectColumn { get; }

    public ViewField? Field(string name) => fields.GetValueOrDefault(name);

    /// <summary>Infrastructure is for administrators, unless its view says otherwise.</summary>
    public bool IsVisible(bool admin) => admin || View.Type.Access is ViewAccess.Everyone;

    /// <summary>Whether an index begins with a field.</summary>
    internal bool HasIndex(ViewField field) => Element is { } list
        ? ViewDdl.IsIndexed(View, list, field)
        : View.Indexed.Contains(field) || field == View.Project || View.Type.AlsoIndexed.Any(i => string.Equals(i.Split(',')[0], field.Name, StringComparison.Ordinal));

    internal void Add(QueryRelation relation)
    {
        if (fields.ContainsKey(relation.Name) || !relations.TryAdd(relation.Name, relation))
        {
            throw new InvalidOperationException($"{Name} would have two things named '{relation.Name}'. Give the relation, or its inverse, another name.");
        }
    }
}

/// <summary>How the rows of two kinds find each other.</summary>
public enum JoinForm
{
    /// <summary>Two columns are equal.</summary>
    Equal,

    /// <summary>The column here is a list of what the column there is one of.</summary>
    LocalList,

    /// <summary>The column there is a list of what the column here is one of.</summary>
    TargetList,
}

/// <summary>A way from rows of one kind to rows of another.</summary>
/// <param name="IsToMany">False when there is one row at most.</param>
public sealed record QueryRelation(string Name, QueryKind Target, bool IsToMany, string LocalColumn, string TargetColumn, JoinForm Form)
{
    /// <summary>An index finds the rows there; without one they are looked for once for all rows here, not once for each.</summary>
    internal bool IsIndexed { get; init; } = true;

    /// <summary>The join condition between two aliases.</summary>
    internal string On(string local, string target) => Form switch
    {
        JoinForm.LocalList => $"{target}.{TargetColumn} = any({local}.{LocalColumn})",
        JoinForm.TargetList => $"{target}.{TargetColumn} @> array[{local}.{LocalColumn}]",
        _ => $"{target}.{TargetColumn} = {local}.{LocalColumn}",
    };
}

/// <summary>Adds relations to kinds that somebody else declares, from an assembly of one's own.</summary>
public interface IAddedRelations
{
    /// <summary>The view that gets a relation, and the relation as the view itself would declare it.</summary>
    static abstract IEnumerable<(string View, Relation Relation)> Added { get; }
}
