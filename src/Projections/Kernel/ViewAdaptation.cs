using System.Globalization;
using Npgsql;

namespace IaaS.Projections.Kernel;

/// <summary>
/// Brings the tables of a view that was declared otherwise to the present declaration: columns that are missing come with harmless
/// values, columns of another type are made anew. So the new program reads them at once and goes on updating them, while the view is
/// rebuilt from the log beside them.
/// </summary>
internal static class ViewAdaptation
{
    private const string Savepoint = "adaptation";

    /// <summary>False when it cannot be done; then nothing has changed.</summary>
    public static async Task<bool> TryAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ViewShape view, CancellationToken ct)
    {
        await transaction.SaveAsync(Savepoint, ct);
        try
        {
            var there = await ColumnsAsync(connection, $"view_{view.Name}", ct);
            if (there.Count == 0) return false;
            await ViewTables.ExecuteAsync(connection, Statements(view, there), ct);
            return true;
        }
        catch (PostgresException)
        {
            await transaction.RollbackAsync(Savepoint, ct);
            return false;
        }
    }

    private static string Statements(ViewShape view, Dictionary<string, string> there)
    {
        var (table, old) = (ViewTables.TableOf(view), $"{ViewTables.Schema}.\"old_{view.Name}\"");
        List<string> columns = [], values = [];
        foreach (var field in view.Fields)
        {
            columns.Add(field.Quoted);
            var kept = there.TryGetValue(field.Column, out var type) && string.Equals(type, field.SqlType, StringComparison.Ordinal);
            values.Add(!kept ? Harmless(field) : field.IsNullable ? field.Quoted : $"coalesce({field.Quoted}, {Harmless(field)})");
        }

        // What was is known again after the rebuild; until then it is not asked.
        var lists = string.Concat(view.Elements.Select(list => $"""
            insert into {list.Table} ("#owner", "#no", "#project", {list.Columns}, "#from")
            select v."id", x."#no", {(view.Project is { } p ? $"v.{p.Quoted}" : "null")}, {string.Join(", ", list.Fields.Select(f => $"x.{f.Quoted}"))}, v."#from"
            from {table} v cross join lateral {list.Unpacked($"v.{list.List.Quoted}")} x;

            """));
        var from = there.ContainsKey("#from") ? "\"#from\"" : "0";
        var search = there.ContainsKey("#search") ? "\"#search\"" : "''::tsvector";
        return $"""
            alter table {table} rename to "old_{view.Name}";
            {ViewDdl.Drop(view)}
            do $$ declare i record; begin
              for i in select indexname from pg_indexes where schemaname = '{ViewTables.Schema}' and tablename = 'old_{view.Name}' loop
                execute format('alter index {ViewTables.Schema}.%I rename to %I', i.indexname, 'old_' || i.indexname);
              end loop;
            end $$;
            {ViewDdl.Create(view)}
            insert into {table} ({string.Join(", ", columns)}, "#from", "#search") select {string.Join(", ", values)}, {from}, {search} from {old};
            {lists}
            drop table {old} cascade;
            """;
    }

    private static string Harmless(ViewField field) => field.IsNullable ? "null" : field.SqlType switch
    {
        "text" => $"'{(field.Choices.Count > 0 ? field.Choices[0] : "")}'",
        "boolean" => "false",
        "timestamptz" => "'epoch'",
        "text[]" => "'{}'",
        "jsonb" => typeof(System.Collections.IEnumerable).IsAssignableFrom(field.ClrType) ? "'[]'" : "'{}'",
        _ => 0.ToString(CultureInfo.InvariantCulture),
    };

    private static async Task<Dictionary<string, string>> ColumnsAsync(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace "
            + "where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped", connection)
        {
            Parameters = { new() { Value = ViewTables.Schema }, new() { Value = table } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            var type = reader.GetString(1);
            columns[reader.GetString(0)] = string.Equals(type, "timestamp with time zone", StringComparison.Ordinal) ? "timestamptz" : type;
        }

        return columns;
    }
}
