using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Schema;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Past;

/// <summary>
/// What the rows were at a past position, as common table expressions under the statement: the versions that stood at the boundary
/// before it, without those that something happened to since, and these as they had become. Conditions reach the indexes below.
/// </summary>
internal static class PastSources
{
    private const string Never = "9223372036854775807::bigint";
    private const string Kept = "0";
    private const string Changed = "1";

    public static string NameOf(QueryKind kind) => $"\"@{kind.Name}\"";

    /// <summary>The statement with the rows of the moment under it. Reads rows that the events since the boundary changed.</summary>
    public static async Task<string> UnderAsync(CompiledQuery query, PastMoment moment, NpgsqlDataSource db, CancellationToken ct)
    {
        var context = query.Context;
        var boundary = context.Parameter(moment.Boundary, NpgsqlDbType.Bigint);
        List<string> tables = [];
        foreach (var view in context.Used.GroupBy(k => k.View))
        {
            var changed = await PastRows.For(view.Key).ReadAsync(moment, db, ct);
            var ids = changed.Ids.Length == 0 ? null : context.Parameter(changed.Ids, NpgsqlDbType.Array | NpgsqlDbType.Text);
            var arrays = changed.Count == 0 ? [] : changed.Arrays().Select(p => Add(context, p)).ToArray();
            foreach (var kind in view) tables.Add($"{NameOf(kind)} as not materialized ({(kind.Element is { } list ? Elements(kind, list, boundary, ids, arrays) : Rows(kind.View, boundary, ids, arrays))})");
        }

        return $"with {string.Join(",\n", tables)}\n{query.Sql}";
    }

    private static string Add(CompileContext context, NpgsqlParameter parameter)
    {
        context.Parameters.Add(parameter);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"${context.Parameters.Count}");
    }

    /// <summary>
    /// Versions that stood at the boundary, and rows that changed since. The conditions are around the union, not in it, and what is
    /// unnested stands behind an offset of nothing: so the planner sees one relation with three parts, each of which it can enter by
    /// an index for each row of a join.
    /// </summary>
    private static string Rows(ViewShape view, string boundary, string? ids, string[] arrays)
    {
        var columns = $"{view.Columns}, \"#search\"";
        var sql = $"select {columns}, \"#from\", {Never} as \"#until\", {Kept} as \"#changed\" from {ViewTables.TableOf(view)} "
            + $"union all select {columns}, \"#from\", \"#until\", {Kept} from {ViewTables.PastOf(view)}";
        if (arrays.Length > 0) sql += $" union all select {columns}, 0::bigint, {Never}, {Changed} from ({PastRows.Unnested(view, arrays)} offset 0) c";
        return $"select {columns} from ({sql}) u where {At(boundary, ids, "\"id\"")}";
    }

    private static string Elements(QueryKind kind, ElementShape list, string boundary, string? ids, string[] arrays)
    {
        var columns = $"\"#owner\", \"#no\", \"#project\", {list.Columns}";
        var sql = $"select {columns}, \"#from\", {Never} as \"#until\", {Kept} as \"#changed\" from {list.Table} "
            + $"union all select {columns}, \"#from\", \"#until\", {Kept} from {list.PastTable}";
        if (arrays.Length > 0)
        {
            var project = kind.View.Project is { } p ? $"o.{p.Quoted}" : "null::text collate \"C\"";
            sql += $" union all select {columns}, 0::bigint, {Never}, {Changed} from (select o.\"id\" as \"#owner\", x.\"#no\", {project} as \"#project\", {string.Join(", ", list.Fields.Select(f => $"x.{f.Quoted}"))} "
                + $"from ({PastRows.Unnested(kind.View, arrays)}) o cross join lateral {list.Unpacked($"o.{list.List.Quoted}")} x offset 0) c";
        }

        return $"select {columns} from ({sql}) u where {At(boundary, ids, "\"#owner\"")}";
    }

    private static string At(string boundary, string? ids, string id) =>
        $"\"#from\" <= {boundary} and \"#until\" > {boundary}{(ids is null ? "" : $" and (\"#changed\" = {Changed} or {id} <> all({ids}))")}";
}
