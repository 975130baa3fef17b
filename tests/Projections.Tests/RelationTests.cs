using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Vm;

namespace IaaS.Projections.Tests;

/// <summary>What the declarations of all views, taken together, must fulfil for the query language to follow them.</summary>
public sealed class RelationTests
{
    private static readonly IReadOnlyList<ViewShape> Views = ViewShape.FindAll(typeof(VmView).Assembly);

    [Fact]
    public void Every_relation_leads_from_a_field_that_is_there_to_a_kind_that_is_there() => Assert.Empty(Broken(Views));

    [Fact]
    public void No_two_names_of_a_row_are_the_same() => Assert.Empty(Collisions(Views));

    [Fact]
    public void Every_field_that_holds_an_id_is_a_relation() => Assert.Empty(
        from view in Views
        from field in Fields(view)
        where field.EndsWith("Id", StringComparison.Ordinal) || field.EndsWith("Ids", StringComparison.Ordinal)
        where view.Type.Relations.All(r => r.LocalField != field)
        select $"{view.Name}.{field}");

    [Fact]
    public void Kinds_are_told_apart_by_their_plurals_too() => Assert.Empty(
        Views.SelectMany(v => new[] { v.Name, v.Type.Plural }).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key));

    [Fact]
    public void What_is_hidden_is_a_field() => Assert.Empty(
        from view in Views from hidden in view.Type.Hidden where view.Find(hidden) is null select $"{view.Name}.{hidden}");

    [Fact]
    public void A_hash_of_a_secret_is_hidden() => Assert.Empty(
        from view in Views
        from field in Fields(view)
        where field.EndsWith("hash", StringComparison.OrdinalIgnoreCase) && !view.Type.Hidden.Contains(field, StringComparer.Ordinal)
        select $"{view.Name}.{field}");

    [Fact]
    public void A_collision_is_found() =>
        Assert.Equal(["gadget has two 'shelf': field shelf, relation shelf"], Collisions(ViewShape.FindAll(typeof(GadgetView).Assembly)));

    [Fact]
    public void A_relation_to_nowhere_is_found() =>
        Assert.Equal(["gadget.shelf: there is no kind 'shelf'"], Broken([ViewShape.Of<GadgetView>()]));

    private static IEnumerable<string> Broken(IReadOnlyList<ViewShape> views)
    {
        foreach (var (view, relation) in views.SelectMany(v => v.Type.Relations, (v, r) => (v, r)))
        {
            if (views.All(v => v.Name != relation.Target)) yield return $"{view.Name}.{relation.Name}: there is no kind '{relation.Target}'";
            if (!HoldsIds(view, relation.LocalField)) yield return $"{view.Name}.{relation.Name}: '{relation.LocalField}' is no field that holds ids";
            if (Owner(relation.Name) != Owner(relation.LocalField)) yield return $"{view.Name}.{relation.Name}: '{relation.LocalField}' is a field of something else";
        }
    }

    private static IEnumerable<string> Collisions(IReadOnlyList<ViewShape> views) =>
        from name in views.SelectMany(v => Names(v, views))
        group name by (name.Row, name.Name) into same
        where same.Count() > 1
        select $"{same.Key.Row} has two '{same.Key.Name}': {string.Join(", ", same.Select(n => n.What))}";

    /// <summary>All that can stand after a dot: of the view's own rows, of its lists' elements, and, by its relations, of others.</summary>
    private static IEnumerable<(string Row, string Name, string What)> Names(ViewShape view, IReadOnlyList<ViewShape> views)
    {
        foreach (var field in Fields(view)) yield return (RowOf(view, field), Last(field), $"field {field}");
        foreach (var list in view.Fields.Where(f => ElementOf(f) is not null)) yield return ($"{view.Name}.{list.Name}", view.Name, $"owner {view.Name}");
        foreach (var relation in view.Type.Relations)
        {
            yield return (RowOf(view, relation.Name), Last(relation.Name), $"relation {relation.Name}");
            if (views.Any(v => v.Name == relation.Target))
                yield return (relation.Target, relation.Inverse ?? view.Type.Plural, $"inverse of {view.Name}.{relation.Name}");
        }
    }

    /// <summary>Own fields, and those of elements of lists as <c>nics.l3Id</c>.</summary>
    private static IEnumerable<string> Fields(ViewShape view) => view.Fields.SelectMany(f => ElementOf(f) is { } element
        ? [f.Name, .. element.GetProperties().Select(p => $"{f.Name}.{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]}")]
        : new[] { f.Name });

    private static bool HoldsIds(ViewShape view, string path) => Owner(path) is { } list
        ? view.Find(list) is { } field && ElementOf(field)?.GetProperties().FirstOrDefault(p => string.Equals(p.Name, Last(path), StringComparison.OrdinalIgnoreCase)) is { } property
            && (property.PropertyType == typeof(string) || property.PropertyType.IsAssignableTo(typeof(IResourceId)))
        : view.Find(path)?.Kind is FieldKind.Text or FieldKind.Id or FieldKind.TextList;

    private static Type? ElementOf(ViewField field) => field is { Kind: FieldKind.Document, ClrType.IsGenericType: true }
        && field.ClrType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? field.ClrType.GenericTypeArguments[0] : null;

    private static string RowOf(ViewShape view, string path) => Owner(path) is { } list ? $"{view.Name}.{list}" : view.Name;

    private static string? Owner(string path) => path.LastIndexOf('.') is >= 0 and var dot ? path[..dot] : null;

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];
}
