using System.Reflection;
using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query.Schema;

/// <summary>All kinds and the relations between them. It follows from the declarations of the views, and from nothing else.</summary>
public sealed class QuerySchema
{
    private const string Id = "\"id\"";

    private readonly SortedDictionary<string, QueryKind> kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QueryKind> elements = new(StringComparer.Ordinal);

    /// <summary>Throws when a declaration names what is not there, or one name twice: a fault of the program.</summary>
    public QuerySchema(IEnumerable<ViewShape> views, IEnumerable<Assembly>? parts = null)
    {
        var shapes = views.ToList();
        foreach (var view in shapes)
        {
            var owner = new QueryKind(view);
            kinds.Add(view.Name, owner);
            foreach (var list in view.Elements) AddElements(owner, list);
        }

        foreach (var view in shapes)
        {
            foreach (var relation in view.Type.Relations) Add(view, relation);
        }

        foreach (var (name, relation) in (parts ?? []).SelectMany(AddedBy)) Add(Find(name)?.View ?? throw NoKind(name, relation), relation);
    }

    /// <summary>What a query may start from.</summary>
    public IEnumerable<QueryKind> Kinds => kinds.Values;

    public QueryKind? Find(string kind) => kinds.GetValueOrDefault(kind);

    private void AddElements(QueryKind owner, ElementShape list)
    {
        var kind = new QueryKind(owner.View, list);
        elements.Add(kind.Name, kind);
        owner.Add(new(list.Name, kind, IsToMany: true, Id, "\"#owner\"", JoinForm.Equal));
        kind.Add(new(owner.Name, owner, IsToMany: false, "\"#owner\"", Id, JoinForm.Equal));
    }

    private void Add(ViewShape view, Relation relation)
    {
        var target = Find(relation.Target) ?? throw NoKind(relation.Target, relation);
        var dot = relation.LocalField.IndexOf('.', StringComparison.Ordinal);
        var source = dot < 0 ? kinds[view.Name] : elements.GetValueOrDefault($"{view.Name}.{relation.LocalField[..dot]}");
        var field = source?.Field(relation.LocalField[(dot + 1)..])
            ?? throw new InvalidOperationException($"{view.View}: relation '{relation.Name}' goes by '{relation.LocalField}', which is no field.");
        var list = field.Kind is FieldKind.TextList;
        source.Add(new(relation.Name[(relation.Name.LastIndexOf('.') + 1)..], target, IsToMany: list, field.Quoted, Id, list ? JoinForm.LocalList : JoinForm.Equal));
        target.Add(new(relation.Inverse ?? view.Type.Plural, source, IsToMany: true, Id, field.Quoted, list ? JoinForm.TargetList : JoinForm.Equal) { IsIndexed = source.HasIndex(field) });
    }

    private static IEnumerable<(string View, Relation Relation)> AddedBy(Assembly part) => part.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IAddedRelations)))
        .OrderBy(t => t.FullName, StringComparer.Ordinal)
        .SelectMany(t => (IEnumerable<(string, Relation)>)typeof(QuerySchema).GetMethod(nameof(Added), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(t).Invoke(obj: null, parameters: null)!);

    private static IEnumerable<(string View, Relation Relation)> Added<T>() where T : IAddedRelations => T.Added;

    private static InvalidOperationException NoKind(string kind, Relation relation) => new($"Relation '{relation.Name}' names the kind '{kind}', which nobody declares.");
}
