using IaaS.Domain.Kernel;

namespace IaaS.Projections.Kernel;

/// <summary>
/// The row of one resource kind: what lists and the query language see. The record is the declaration: its public properties are
/// the fields, their types the column types, and the table, its indexes, the list endpoint and the schema all follow from it.
/// It is derived from events alone, so it can be dropped and rebuilt at any time.
/// </summary>
/// <typeparam name="TSelf">The view itself: a sealed record whose first property is <c>string Id</c>.</typeparam>
public interface IView<TSelf> where TSelf : class, IView<TSelf>
{
    static abstract ViewType Type { get; }

    /// <summary>The id of the row that an event is about; null when it is about none.</summary>
    static abstract string? RowOf(Recorded happened);

    /// <summary>Pure: the same events give the same row, today and after a rebuild. Null when there is no row (any more).</summary>
    static abstract TSelf? Apply(TSelf? row, Recorded happened);

    string Id { get; }
}

/// <summary>What a view says of itself beyond its fields.</summary>
/// <param name="Name">Singular, lower case, as the query language and the id prefix have it: <c>vm</c>.</param>
/// <param name="Version">Raised when <c>Apply</c> or the fields change, so that the table is rebuilt.</param>
/// <param name="Relations">The joins that the query language may follow.</param>
/// <param name="ProjectField">The field that says whose row it is; null for infrastructure that all see.</param>
/// <param name="Indexed">Fields that get an index of their own beside the id.</param>
public sealed record ViewType(
    string Name, int Version, IReadOnlyList<Relation> Relations, string? ProjectField = null, params IReadOnlyList<string> Indexed)
{
    /// <summary>The path of its endpoints as an identifier: <c>vms</c>, <c>l3Networks</c>. What relations back to it are named by default.</summary>
    public required string Plural { get; init; }

    public ViewAccess Access { get; init; }

    /// <summary>
    /// Further indexes, of a field or of some in an order: <c>projectId,createdAt</c>. They are made where they are missing, so a view gets
    /// one without being rebuilt. Each costs every change of a row.
    /// </summary>
    public IReadOnlyList<string> AlsoIndexed { get; init; } = [];

    /// <summary>Fields that few rows have, each with an index of those rows alone. It costs the others nothing.</summary>
    public IReadOnlyList<string> SparselyIndexed { get; init; } = [];

    /// <summary>Fields that nobody may see or ask for: what proves who somebody is.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Text fields and lists of texts whose words are searched for; null takes name, description and tags where there are such.</summary>
    public IReadOnlyList<string>? Searched { get; init; }
}

/// <summary>Who may read a kind. Changes are for the pipeline to allow.</summary>
public enum ViewAccess
{
    /// <summary>Infrastructure: administrators.</summary>
    Admin,

    /// <summary>Everybody; rows with a project only those of the project.</summary>
    Everyone,
}

/// <summary>A join: <c>vm.host</c> follows <c>hostId</c> to the row of kind <c>host</c> with that id.</summary>
/// <param name="Name">On the declaring view. <c>nics.l3</c> is the relation <c>l3</c> of the elements of its list <c>nics</c>.</param>
/// <param name="Target">The name of the view that it leads to.</param>
/// <param name="LocalField">
/// Holds the target's id, or a list of ids (<c>clusterIds</c>), which leads to many rows. <c>nics.l3Id</c> is a field of a list's elements.
/// </param>
public sealed record Relation(string Name, string Target, string LocalField)
{
    /// <summary>The name of the relation back, on the target; null is the declaring view's <see cref="ViewType.Plural"/>.</summary>
    public string? Inverse { get; init; }
}
