using System.Collections;
using System.Reflection;

namespace IaaS.Projections.Kernel;

/// <summary>
/// A list of records inside a view, such as the NICs of a VM. The view's own table has it as a document; a table beside it has a row
/// for each element, so that elements are found, joined and indexed as rows are.
/// </summary>
public sealed class ElementShape
{
    private readonly string view;

    private ElementShape(string view, ViewField list, IReadOnlyList<ViewField> fields)
    {
        this.view = view;
        List = list;
        Fields = fields;
        Columns = string.Join(", ", fields.Select(f => f.Quoted));
    }

    /// <summary>The field that holds the list.</summary>
    public ViewField List { get; }

    /// <summary>As the query language has it: <c>nics</c>.</summary>
    public string Name => List.Name;

    /// <summary>Of one element.</summary>
    public IReadOnlyList<ViewField> Fields { get; }

    /// <summary>The elements that stand.</summary>
    internal string Table => TableIn(ViewTables.Schema);

    /// <summary>Elements of lists that have changed since.</summary>
    internal string PastTable => PastTableIn(ViewTables.Schema);

    internal string Columns { get; }

    internal string TableIn(string schema) => $"{schema}.\"part_{view}_{List.Column}\"";

    internal string PastTableIn(string schema) => $"{schema}.\"past_part_{view}_{List.Column}\"";

    /// <summary>Null when the field is no list of records that all have scalar fields only.</summary>
    internal static ElementShape? Of(string view, ViewField field)
    {
        if (field.Kind is not FieldKind.Document || !field.ClrType.IsGenericType || field.ClrType.GetGenericTypeDefinition() != typeof(IReadOnlyList<>)) return null;
        var element = field.ClrType.GenericTypeArguments[0];
        var nullability = new NullabilityInfoContext();
        var properties = element.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0).OrderBy(p => p.MetadataToken).ToList();
        if (properties.Count == 0 || properties.Any(p => FieldCodec.For(Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType) is not { Parse: not null })) return null;
        return new(view, field, [.. properties.Select(p => new ViewField(p, nullability.Create(p).ReadState is NullabilityState.Nullable))]);
    }

    /// <summary>
    /// The elements of a list in JSON, as a from-item with the columns <c>#no</c>, from 0, and those of the fields.
    /// </summary>
    /// <param name="json">An expression of type jsonb.</param>
    internal string Unpacked(string json)
    {
        var record = string.Join(", ", Fields.Select(f => $"\"{f.Name}\" {f.SqlType}"));
        var columns = string.Join(", ", Fields.Select(f => $"e.\"{f.Name}\"{ViewTables.Collation(f)} as {f.Quoted}"));
        var names = string.Join(", ", Fields.Select(f => $"\"{f.Name}\""));
        return $"(select (e.\"#o\" - 1)::integer as \"#no\", {columns} from rows from (jsonb_to_recordset({json}) as ({record})) with ordinality as e({names}, \"#o\"))";
    }

    /// <summary>Whether two rows have other elements. Lists of records compare by reference; this looks inside.</summary>
    internal static bool Differ(object? before, object? after)
    {
        if (ReferenceEquals(before, after)) return false;
        if (before is not IList { Count: var count } b || after is not IList a || a.Count != count)
            return (before as IEnumerable)?.Cast<object>().SequenceEqual((after as IEnumerable)?.Cast<object>() ?? []) is not true;
        for (var i = 0; i < count; i++)
        {
            if (!Equals(b[i], a[i])) return true;
        }

        return false;
    }
}
