using System.Text;

namespace IaaS.Projections.Kernel;

/// <summary>What creates the tables of a view: its rows, the versions that were, and the elements of its lists. The same text for the same shape.</summary>
internal static class ViewDdl
{
    public static string Create(ViewShape view, string schema = ViewTables.Schema) => Tables(view, schema) + Further(view, schema);

    /// <summary>The indexes that a view may have got since its tables were made. Run again, it makes what is missing.</summary>
    public static string Further(ViewShape view, string schema = ViewTables.Schema) => string.Concat(view.Type.AlsoIndexed.Select(names =>
    {
        ViewField[] fields = [.. names.Split(',').Select(name => view[name])];
        var on = fields is [{ IsComparable: false } list] ? On(list) : $" ({string.Join(", ", fields.Select(f => f.Quoted))}, \"id\")";
        return $"create index if not exists \"view_{view.Name}_{string.Join('_', fields.Select(f => f.Column))}\" on {ViewTables.TableOf(view, schema)}{on};\n";
    })) + string.Concat(view.Type.SparselyIndexed.Select(name => view[name]).Select(f =>
        $"create index if not exists \"view_{view.Name}_{f.Column}\" on {ViewTables.TableOf(view, schema)} ({f.Quoted}) where {f.Quoted} is not null;\n"));

    /// <summary>The tables, with the indexes that have been theirs from the beginning.</summary>
    public static string Tables(ViewShape view, string schema = ViewTables.Schema)
    {
        var ddl = new StringBuilder();
        var columns = $"{string.Join(",\n  ", view.Fields.Select(f => Column(f, f.IsNullable)))},\n  \"#from\" bigint not null,\n  \"#search\" tsvector not null";
        // Rows are updated many times: room on their page keeps most updates out of the indexes.
        ddl.Append($"create table {ViewTables.TableOf(view, schema)} (\n  {columns},\n  primary key (\"id\")) with (fillfactor = 85);\n");
        ddl.Append($"create table {ViewTables.PastOf(view, schema)} (\n  {columns},\n  \"#until\" bigint not null,\n  primary key (\"id\", \"#from\"));\n");
        foreach (var field in Indexed(view))
        {
            var list = field.Kind is FieldKind.TextList or FieldKind.Document;
            Index(ddl, $"view_{view.Name}_{field.Column}", ViewTables.TableOf(view, schema), On(field));
            if (!list) Index(ddl, $"past_{view.Name}_{field.Column}", ViewTables.PastOf(view, schema), On(field));
        }

        if (view.Searched.Count > 0) Index(ddl, $"view_{view.Name}_search", ViewTables.TableOf(view, schema), " using gin (\"#search\")");
        foreach (var list in view.Elements) Create(ddl, view, list, schema);
        return ddl.ToString();
    }

    public static string Drop(ViewShape view, string schema = ViewTables.Schema) => string.Concat(
        ((string[])[ViewTables.TableOf(view, schema), ViewTables.PastOf(view, schema), .. view.Elements.SelectMany(e => (string[])[e.TableIn(schema), e.PastTableIn(schema)])])
        .Select(table => $"drop table if exists {table} cascade;\n"));

    private static IEnumerable<ViewField> Indexed(ViewShape view) =>
        view.Indexed.Prepend(view.Project).OfType<ViewField>().Where(f => f != view.Fields[0]).Distinct();

    private static void Create(StringBuilder ddl, ViewShape view, ElementShape list, string schema)
    {
        const string Owner = "\"#owner\" text collate \"C\" not null,\n  \"#no\" integer not null,\n  \"#project\" text collate \"C\"";
        // Its values come out of JSON, which has no place for a missing one: nothing is promised of them.
        var columns = string.Join(",\n  ", list.Fields.Select(f => Column(f, nullable: true)));
        ddl.Append($"create table {list.TableIn(schema)} (\n  {Owner},\n  {columns},\n  \"#from\" bigint not null,\n  primary key (\"#owner\", \"#no\"));\n");
        ddl.Append($"create table {list.PastTableIn(schema)} (\n  {Owner},\n  {columns},\n  \"#from\" bigint not null,\n  \"#until\" bigint not null,\n  primary key (\"#owner\", \"#no\", \"#from\"));\n");
        foreach (var field in list.Fields.Where(f => IsIndexed(view, list, f)))
        {
            Index(ddl, $"part_{view.Name}_{list.List.Column}_{field.Column}", list.TableIn(schema), $" ({field.Quoted}, \"#owner\")");
            Index(ddl, $"past_part_{view.Name}_{list.List.Column}_{field.Column}", list.PastTableIn(schema), $" ({field.Quoted}, \"#owner\")");
        }
    }

    /// <summary>Whether a field of a list's elements has an index.</summary>
    internal static bool IsIndexed(ViewShape view, ElementShape list, ViewField field) =>
        field.Name.EndsWith("Id", StringComparison.Ordinal) || view.Type.Indexed.Contains($"{list.Name}.{field.Name}", StringComparer.Ordinal);

    private static void Index(StringBuilder ddl, string name, string table, string on) => ddl.Append($"create index \"{name}\" on {table}{on};\n");

    private static string On(ViewField field) => field.Kind switch
    {
        FieldKind.TextList => $" using gin ({field.Quoted})",
        FieldKind.Document => $" using gin ({field.Quoted} jsonb_path_ops)",
        _ => $" ({field.Quoted}, \"id\")",
    };

    private static string Column(ViewField field, bool nullable) => $"{field.Quoted} {field.SqlType}{ViewTables.Collation(field)}{(nullable ? "" : " not null")}";
}
