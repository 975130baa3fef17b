using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace IaaS.Projections.Kernel;

/// <summary>
/// What follows from the declaration of a view: its fields, its table, its SQL. Derived once per type; rows go in and out through
/// compiled accessors.
/// </summary>
public abstract class ViewShape
{
    private protected ViewShape(Type view, ViewType type)
    {
        View = view;
        Type = type;
        if (!IsName(type.Name)) throw new InvalidOperationException($"{view}: '{type.Name}' must be lower-case letters, digits and underscores to name a table.");
        var nullability = new NullabilityInfoContext();
        Fields =
        [
            .. view.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(p => p.GetIndexParameters().Length == 0)
                .OrderBy(p => p.MetadataToken)
                .Select(p => new ViewField(p, nullability.Create(p).ReadState is NullabilityState.Nullable)),
        ];
        if (Fields is not [{ Name: "id", Kind: FieldKind.Text, IsNullable: false }, ..])
        {
            throw new InvalidOperationException($"{view}: the first property of a view is 'string Id'.");
        }

        Project = type.ProjectField is { } project ? this[project] : null;
        Elements = [.. Fields.Select(f => ElementShape.Of(type.Name, f)).OfType<ElementShape>()];
        Indexed = [.. type.Indexed.Where(name => !IsOfElement(name)).Select(name => this[name])];
        Searched = [.. (type.Searched ?? Fields.Where(f => f.Name is "name" or "description" or "tags").Select(f => f.Name)).Select(name => this[name])];
        Columns = string.Join(", ", Fields.Select(f => f.Quoted));
        Fingerprint = FingerprintOf(this);
    }

    /// <summary>The record type.</summary>
    public Type View { get; }

    public ViewType Type { get; }

    public string Name => Type.Name;

    /// <summary>In declaration order; the first is <c>id</c>.</summary>
    public IReadOnlyList<ViewField> Fields { get; }

    /// <summary>The field that says whose row it is; null for infrastructure.</summary>
    public ViewField? Project { get; }

    public IReadOnlyList<ViewField> Indexed { get; }

    /// <summary>The lists of records in it.</summary>
    public IReadOnlyList<ElementShape> Elements { get; }

    /// <summary>Text and lists of texts whose words are searched for.</summary>
    public IReadOnlyList<ViewField> Searched { get; }

    /// <summary>Changes whenever the table would look different or could not be read back.</summary>
    public string Fingerprint { get; }

    /// <summary>The quoted columns in declaration order, as the readers expect them.</summary>
    internal string Columns { get; }

    /// <summary>A field by its wire name. Throws for a name that the view does not have: a fault of its declaration.</summary>
    public ViewField this[string name] => Find(name) ?? throw new InvalidOperationException(
        $"{View} has no field '{name}'; it has {string.Join(", ", Fields.Select(f => f.Name))}.");

    public ViewField? Find(string name) => Fields.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.Ordinal));

    public static ViewShape<TView> Of<TView>() where TView : class, IView<TView> => ViewShape<TView>.Instance;

    /// <summary>Every view of some assemblies, by name. Throws when two have the same name.</summary>
    public static IReadOnlyList<ViewShape> FindAll(params IEnumerable<Assembly> assemblies)
    {
        var shapes = assemblies.Distinct().SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && t.GetInterfaces().Any(i => IsViewOf(i, t)))
            .Select(Of).OrderBy(s => s.Name, StringComparer.Ordinal).ToList();
        return shapes.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice
            ? throw new InvalidOperationException($"Views {string.Join(" and ", twice.Select(s => s.View))} are both named '{twice.Key}'.")
            : shapes;
    }

    public static ViewShape Of(Type view) => (ViewShape)typeof(ViewShape<>).MakeGenericType(view)
        .GetProperty(nameof(ViewShape<>.Instance), BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(obj: null)!;

    /// <summary>This view's part of a projector.</summary>
    internal abstract ViewFold NewFold(int cachedRows, string schema = ViewTables.Schema);

    private static bool IsViewOf(Type contract, Type view) =>
        contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IView<>) && contract.GenericTypeArguments[0] == view;

    private static bool IsName(string name) => name is [>= 'a' and <= 'z', ..] && name.Length <= 40
        && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');

    /// <summary>Whether an indexed name is of an element, and the element has it: <c>nics.address</c>.</summary>
    private bool IsOfElement(string name)
    {
        if (name.Split('.') is not [var list, var field]) return false;
        return Elements.FirstOrDefault(e => string.Equals(e.Name, list, StringComparison.Ordinal))?.Fields.Any(f => string.Equals(f.Name, field, StringComparison.Ordinal)) is true
            ? true
            : throw new InvalidOperationException($"{View} has no '{name}' to index.");
    }

    // The statements that create the tables say all there is of them but for indexes that come and go; names of choices are what a row is read back by.
    private static string FingerprintOf(ViewShape view)
    {
        var text = new StringBuilder(ViewDdl.Tables(view));
        foreach (var field in view.Fields) text.AppendJoin('|', field.Choices).Append('\n');
        text.AppendJoin(',', view.Searched.Select(f => f.Column)).Append(ViewHistory.Granularity);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }
}
